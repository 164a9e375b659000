import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { callScript } from './script.js';

/** What the owner sets. Lists are by kind: oracle, http, function, random, price, upkeep. */
export interface PolicyTerms {
  readonly premiums: readonly Datoshi[];
  readonly minimums: readonly Datoshi[];
  /** Blocks. */
  readonly requestLifetime: number;
  readonly resultLifetime: number;
  readonly networkFeeCeiling: Datoshi;
  readonly updateDelay: number;
}

/** Scripts of what only the gateway's owner does, or who was named to be the next one. */
export const gatewayOwnerCalls = (gateway: Hash160) => ({
  setPolicy: (terms: PolicyTerms): Buffer =>
    callScript(gateway, 'setPolicy', [
      terms.premiums,
      terms.minimums,
      BigInt(terms.requestLifetime),
      BigInt(terms.resultLifetime),
      terms.networkFeeCeiling,
      BigInt(terms.updateDelay),
    ]),
  transferOwnership: (account: Hash160): Buffer =>
    callScript(gateway, 'transferOwnership', [account]),
  acceptOwnership: (): Buffer => callScript(gateway, 'acceptOwnership', []),
});
