import { fromHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import type { GatewayKeys } from '../chain/gateway-keys.js';
import { NEXT_LABEL } from '../keystore/nep6-wallet.js';
import type {
  NodeKeyPart,
  PublicKeys,
  PublicKeysOf,
  RandomKeyPart,
  VaultKeyPart,
} from '../keystore/public-keys.js';

/**
 * What a key is to the gateway.
 * - `current`: signs answers; new requests for numbers are made under it; authors encrypt to it
 * - `overlap`: was current before, and may still answer
 * - `proposed`: becomes current once it accepts
 * - `next`: made to be proposed
 * - `kept`: was current once or never; random and vault keys are kept for what was made under them
 */
export type KeyStanding = 'current' | 'overlap' | 'proposed' | 'next' | 'kept';

/** Null where the chain could not be asked. */
type Standing = { readonly standing: KeyStanding | null };

/** All keys of the node, with what each is now. */
export interface KeyOverview {
  readonly node: PublicKeysOf<NodeKeyPart & Standing>;
  readonly random: PublicKeysOf<RandomKeyPart & Standing>;
  readonly vault: PublicKeysOf<VaultKeyPart & Standing>;
}

export function keyOverview(keys: PublicKeys, chain: GatewayKeys | null): KeyOverview {
  return {
    node: withStanding(keys.node, (key) => chain && standingOfNode(key, chain)),
    random: withStanding(keys.random, ({ publicKey }) => {
      const current = chain?.randomKey.publicKey;
      return chain && (current?.equals(fromHex(publicKey)) === true ? 'current' : 'kept');
    }),
    vault: withStanding(keys.vault, (key) => (key === keys.vault.keys.at(-1) ? 'current' : 'kept')),
  };
}

function standingOfNode({ account, label }: NodeKeyPart, chain: GatewayKeys): KeyStanding {
  const is = (other: Hash160 | undefined | null): boolean => other === account;
  if (is(chain.nodeAccount)) return 'current';
  if (is(chain.proposed?.account)) return 'proposed';
  if (is(chain.overlap?.account)) return 'overlap';
  return label === NEXT_LABEL ? 'next' : 'kept';
}

const withStanding = <Part>(
  { keys, ...rest }: PublicKeysOf<Part>,
  standingOf: (part: Part) => KeyStanding | null,
): PublicKeysOf<Part & Standing> => ({
  ...rest,
  keys: keys.map((part) => ({ ...part, standing: standingOf(part) })),
});
