import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import type { NodeConfig } from '../config/node-config.js';
import type { Log } from '../telemetry/log.js';
import { type Access, type Caller, requireAccess } from './access.js';
import type { createAuthenticate } from './authenticate.js';
import { Refusal } from './problem.js';
import { addressKey, createRateLimiter, type RateStanding, rateHeaders } from './rate-limiter.js';

const MINUTE_MS = 60_000;
/** Of one address: each that succeeds takes a place among those that are remembered. */
export const SIGN_INS_PER_MINUTE = 10;
/** Of one owner, who signed in: each writes to the database. */
export const OWNER_CHANGES_PER_MINUTE = 10;

/** Who was let in, and how far. */
export interface Admitted {
  readonly caller: Caller;
  /** Only what is this account's may be shown; null: everybody's. */
  readonly only: Hash160 | null;
}

/** What of security is counted. */
export interface GateMetrics {
  /** Credentials that were not valid or did not reach far enough (access), or a limit. */
  apiRejected(reason: 'credentials' | 'access' | 'limit'): void;
}

export interface Gate {
  /** Throws a Refusal unless whoever asks may use what has this access. */
  admit(request: FastifyRequest, reply: FastifyReply, access: Access): void;
  /** Whether one that was let in would be let in still; counts nothing. */
  isStillAllowed(request: FastifyRequest, access: Access): boolean;
  /** Counts credentials that were not valid, such as a signature. */
  failed(request: FastifyRequest): void;
  /** Who was let in; a bug for a request that was not. */
  admitted(request: FastifyRequest): Admitted;
}

/** Lets requests in before their bodies are read: counted, known, and allowed. */
export function createGate(options: {
  readonly api: Pick<NodeConfig['api'], 'public' | 'readOnly' | 'limits'>;
  readonly authenticate: ReturnType<typeof createAuthenticate>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: GateMetrics;
  /** Who is signed in to the console; null: nobody. */
  readonly consoleCaller: (request: FastifyRequest) => Caller | null;
}): Gate {
  const { api, authenticate, clock, log, metrics } = options;
  const limiter = (name: string, most: number) =>
    createRateLimiter({ name, most, windowMs: MINUTE_MS }, clock);
  const byAddress = limiter('address', api.limits.perAddress);
  const byCaller = limiter('key', api.limits.perKey);
  const failures = limiter('failures', api.limits.failures);
  const signIns = limiter('sign-in', SIGN_INS_PER_MINUTE);
  const ownerChanges = limiter('owner-changes', OWNER_CHANGES_PER_MINUTE);
  const known = new WeakMap<FastifyRequest, Admitted>();

  function requireRoom(reply: FastifyReply, standings: readonly RateStanding[]): void {
    reply.headers(rateHeaders(standings));
    const exceeded = standings.find(({ isExceeded }) => isExceeded);
    if (exceeded === undefined) return;
    metrics.apiRejected('limit');
    throw tooMany(exceeded);
  }

  function failed(request: FastifyRequest): void {
    metrics.apiRejected('credentials');
    // One line for all that come: what floods the API does not flood the log.
    if (failures.take(addressKey(request.ip)).left !== 0) return;
    log.warn('credentials are guessed', { address: request.ip });
  }

  function callerOf(request: FastifyRequest): Caller {
    const { authorization } = request.headers;
    if (authorization === undefined) return options.consoleCaller(request) ?? { kind: 'nobody' };
    try {
      return authenticate(authorization);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // What is valid is let in, whoever else guesses from there: nobody can be locked out.
      const standing = failures.look(addressKey(request.ip));
      if (standing.left > 0) {
        failed(request);
        throw error;
      }
      metrics.apiRejected('limit');
      throw tooManyFailures(standing);
    }
  }

  return {
    admit(request, reply, access) {
      // The command line of this machine is kept out by nobody who asks from here, too.
      if (authenticate.isLocal(request.headers.authorization)) {
        known.set(request, { caller: { kind: 'local' }, only: null });
      } else {
        const address = byAddress.take(addressKey(request.ip));
        requireRoom(reply, [address]);
        if (access.kind === 'open' && access.isSignIn === true) {
          requireRoom(reply, [address, signIns.take(addressKey(request.ip))]);
        }
        const caller = callerOf(request);
        if (caller.kind === 'key' || caller.kind === 'owner') {
          const name = caller.kind === 'key' ? caller.id : caller.account;
          requireRoom(reply, [address, byCaller.take(name)]);
        }
        const only = allowed(access, caller);
        if (caller.kind === 'owner' && access.kind === 'scope' && access.changes === true) {
          requireRoom(reply, [address, ownerChanges.take(caller.account)]);
        }
        known.set(request, { caller, only });
      }
      if (access.kind === 'scope' && access.changes === true && api.readOnly) throw readOnly();
    },
    isStillAllowed(request, access) {
      const { authorization } = request.headers;
      try {
        const caller =
          authorization === undefined
            ? (options.consoleCaller(request) ?? { kind: 'nobody' as const })
            : authenticate(authorization);
        requireAccess(access, caller, api.public);
        return true;
      } catch (error) {
        if (error instanceof Refusal) return false;
        // Nobody is trusted unseen: he may come back, and is looked at then.
        log.warn('who listens could not be looked at again', { error });
        return false;
      }
    },
    failed,
    admitted(request) {
      const found = known.get(request);
      if (found === undefined) throw new Error('bug: a request that was not let in');
      return found;
    },
  };

  function allowed(access: Access, caller: Caller): Hash160 | null {
    try {
      return requireAccess(access, caller, api.public);
    } catch (error) {
      metrics.apiRejected('access');
      throw error;
    }
  }
}

const readOnly = (): Refusal =>
  new Refusal('READ_ONLY', 'nothing is changed by this API: api.readOnly is true');

const tooMany = ({ limit, resetMs }: RateStanding): Refusal =>
  new Refusal(
    'TOO_MANY_REQUESTS',
    `more than ${limit.most} requests in ${limit.windowMs / 1_000} s (${limit.name}); wait`,
    { headers: { 'retry-after': String(Math.max(1, Math.ceil(resetMs / 1_000))) } },
  );

const tooManyFailures = ({ limit, resetMs }: RateStanding): Refusal =>
  new Refusal(
    'TOO_MANY_FAILURES',
    `${limit.most} credentials of your address were not valid: send one that is, or wait`,
    { headers: { 'retry-after': String(Math.max(1, Math.ceil(resetMs / 1_000))) } },
  );
