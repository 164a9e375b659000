import type { FastifyRequest } from 'fastify';
import type { Hash160 } from '../base/hash.js';
import type { PublicGroup } from '../config/api-groups.js';
import { type Access, type Caller, requireAccess } from './access.js';

/** Who was let in, and how far. */
export interface Admitted {
  readonly caller: Caller;
  /** Only what is this account's may be shown; null: everybody's. */
  readonly only: Hash160 | null;
}

export interface Gate {
  /** Throws a Refusal unless whoever asks may use what has this access. */
  admit(request: FastifyRequest, access: Access): void;
  /** Who was let in; a bug for a request that was not. */
  admitted(request: FastifyRequest): Admitted;
}

/** Lets requests in before their bodies are read. */
export function createGate(options: {
  readonly publicGroups: readonly PublicGroup[];
  readonly authenticate: (header: string | undefined) => Caller;
  /** Who is signed in to the console; null: nobody. */
  readonly consoleCaller: (request: FastifyRequest) => Caller | null;
}): Gate {
  const known = new WeakMap<FastifyRequest, Admitted>();
  return {
    admit(request, access) {
      const { authorization } = request.headers;
      const signedIn = authorization === undefined ? options.consoleCaller(request) : null;
      const caller = signedIn ?? options.authenticate(authorization);
      known.set(request, { caller, only: requireAccess(access, caller, options.publicGroups) });
    },
    admitted(request) {
      const found = known.get(request);
      if (found === undefined) throw new Error('bug: a request that was not let in');
      return found;
    },
  };
}
