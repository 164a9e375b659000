import type { Datoshi } from '../base/datoshi.js';

/** What nodes of a public network do not tell of it. */
export interface KnownNetwork {
  readonly name: 'mainnet' | 'testnet';
  /** Of the consensus nodes, by neo-go's config/protocol.{mainnet,testnet}.yml of 0.121. */
  readonly maxBlockSystemFee: Datoshi;
}

const KNOWN: Readonly<Record<number, KnownNetwork>> = {
  860833102: { name: 'mainnet', maxBlockSystemFee: 2_000_000_000n },
  894710606: { name: 'testnet', maxBlockSystemFee: 2_000_000_000n },
};

/** The public network of this magic; null for any other. */
export const knownNetwork = (magic: number): KnownNetwork | null => KNOWN[magic] ?? null;
