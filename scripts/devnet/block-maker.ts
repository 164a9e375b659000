import { sha256 } from '../../src/base/bytes.js';
import { type Hash256, hashFromLittleEndian, hashToLittleEndian } from '../../src/base/hash.js';
import { varBytes, varInt } from '../../src/chain/byte-reader.js';
import { pushScript } from '../../src/chain/script.js';
import { type SignedTransaction, signedMessage } from '../../src/chain/transaction.js';
import type { PrivateNetwork } from './private-network.js';

/** The block that the next one follows. */
interface Head {
  readonly index: number;
  readonly hash: Hash256;
  readonly timeMs: number;
}

/** What a block holds, in its order. */
export type BlockContent = readonly Pick<SignedTransaction, 'hash' | 'raw'>[];

const BLOCKS_IN_BATCH = 100;
const HEAD_BYTES = 4 + 32 + 32 + 8 + 8 + 4 + 1 + 20;

/**
 * Makes blocks as the one member of a network's committee and hands them to neo-go (`submitblock`),
 * which checks them like any other: thousands a second, where consensus makes ten. Consensus itself
 * goes on, and gets its turn when no block was handed over for the network's time between blocks.
 */
export function createBlockMaker(network: Pick<PrivateNetwork, 'rpc' | 'magic' | 'committee'>) {
  const { rpc, magic } = network;
  const { hash: committee, signer } = network.committee;

  async function readHead(): Promise<Head> {
    const count = await rpc.call<number>('getblockcount');
    const params = [count - 1, true];
    const block = await rpc.call<{ hash: Hash256; time: number }>('getblockheader', params);
    return { index: count - 1, hash: block.hash, timeMs: block.time };
  }

  async function makeBlock(before: Head, content: BlockContent, stepMs: number) {
    const index = before.index + 1;
    const timeMs = before.timeMs + stepMs;
    const root = merkleRoot(content.map(({ hash }) => hashToLittleEndian(hash)));
    const hashed = headerBytes(before.hash, root, { index, timeMs }, committee);
    const hash = hashFromLittleEndian(sha256(hashed));
    const signature = await signer.sign(signedMessage(hash, magic));
    const raw = Buffer.concat([
      hashed,
      varInt(1),
      varBytes(pushScript(signature)),
      varBytes(signer.verificationScript),
      varInt(content.length),
      ...content.map((each) => each.raw),
    ]);
    return { raw, head: { index, hash, timeMs } };
  }

  return {
    /**
     * Adds blocks that hold these transactions, `stepMs` apart by their own times. Resolves to the
     * index of the first. Throws when neo-go refuses one.
     */
    async add(blocks: readonly BlockContent[], stepMs = 1): Promise<number> {
      const start = await readHead();
      let head = start;
      for (let from = 0; from < blocks.length; from += BLOCKS_IN_BATCH) {
        const calls: { method: string; params: string[] }[] = [];
        for (const content of blocks.slice(from, from + BLOCKS_IN_BATCH)) {
          const made = await makeBlock(head, content, stepMs);
          calls.push({ method: 'submitblock', params: [made.raw.toString('base64')] });
          head = made.head;
        }
        for (const result of await rpc.batch(calls)) if (!result.ok) throw result.error;
      }
      return start.index + 1;
    },
  };
}

/** What a block's hash is taken of (neo-project/neo, Header.cs). */
function headerBytes(
  before: Hash256,
  root: Buffer,
  { index, timeMs }: Pick<Head, 'index' | 'timeMs'>,
  committee: Parameters<typeof hashToLittleEndian>[0],
): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  hashToLittleEndian(before).copy(bytes, 4);
  root.copy(bytes, 36);
  bytes.writeBigUInt64LE(BigInt(timeMs), 68);
  bytes.writeUInt32LE(index, 84);
  hashToLittleEndian(committee).copy(bytes, 89);
  return bytes;
}

/** Of hashes in their byte order; the last of an odd number counts twice. Zeros without any. */
function merkleRoot(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) return Buffer.alloc(32);
  if (hashes.length === 1) return only;
  const above: Buffer[] = [];
  for (let at = 0; at < hashes.length; at += 2) {
    const left = hashes[at] as Buffer;
    above.push(sha256(sha256(Buffer.concat([left, hashes[at + 1] ?? left]))));
  }
  return merkleRoot(above);
}
