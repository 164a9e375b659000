import { sha256 } from '../../src/base/bytes.js';
import {
  type Hash160,
  type Hash256,
  hashFromLittleEndian,
  hashToLittleEndian,
} from '../../src/base/hash.js';
import { varBytes, varInt } from '../../src/chain/byte-reader.js';
import { pushScript } from '../../src/chain/script.js';
import { type SignedTransaction, signedMessage } from '../../src/chain/transaction.js';
import type { Devnet } from '../devnet/devnet.js';

/** The block that the next one follows. */
interface Head {
  readonly index: number;
  readonly hash: Hash256;
  readonly timeMs: number;
}

const BLOCKS_IN_BATCH = 100;
const HEAD_BYTES = 4 + 32 + 32 + 8 + 8 + 4 + 1 + 20;

/**
 * Makes blocks as the one member of a devnet's committee and hands them to neo-go (`submitblock`),
 * which checks them like any other: thousands a second, where consensus makes ten. Consensus itself
 * goes on, and gets its turn when no block was handed over for the devnet's time between blocks.
 */
export function createBlockMaker(devnet: Devnet) {
  async function readHead(): Promise<Head> {
    const count = await devnet.rpc.call<number>('getblockcount');
    const params = [count - 1, true];
    const block = await devnet.rpc.call<{ hash: Hash256; time: number }>('getblockheader', params);
    return { index: count - 1, hash: block.hash, timeMs: block.time };
  }

  /** One transaction at most: its hash is then the root of the Merkle tree. */
  async function makeBlock(head: Head, transaction: SignedTransaction | null) {
    const { hash: committee, signer } = devnet.committee;
    const index = head.index + 1;
    const timeMs = head.timeMs + 1;
    const hashed = headerBytes(head, transaction?.hash ?? null, committee);
    const hash = hashFromLittleEndian(sha256(hashed));
    const signature = await signer.sign(signedMessage(hash, devnet.magic));
    const raw = Buffer.concat([
      hashed,
      varInt(1),
      varBytes(pushScript(signature)),
      varBytes(signer.verificationScript),
      varInt(transaction === null ? 0 : 1),
      ...(transaction === null ? [] : [transaction.raw]),
    ]);
    return { raw, head: { index, hash, timeMs } };
  }

  /**
   * Adds a block for each entry, with that transaction in it or, for null, empty. Resolves to the
   * index of the first. Throws when neo-go refuses one.
   */
  async function add(content: readonly (SignedTransaction | null)[]): Promise<number> {
    const start = await readHead();
    let head: Head = start;
    for (let from = 0; from < content.length; from += BLOCKS_IN_BATCH) {
      const calls: { method: string; params: string[] }[] = [];
      for (const transaction of content.slice(from, from + BLOCKS_IN_BATCH)) {
        const made = await makeBlock(head, transaction);
        calls.push({ method: 'submitblock', params: [made.raw.toString('base64')] });
        head = made.head;
      }
      for (const result of await devnet.rpc.batch(calls)) if (!result.ok) throw result.error;
    }
    return start.index + 1;
  }

  return { add };
}

/** What a block's hash is taken of (neo-project/neo, Header.cs). */
function headerBytes(head: Head, onlyTransaction: Hash256 | null, committee: Hash160): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  hashToLittleEndian(head.hash).copy(bytes, 4);
  if (onlyTransaction !== null) hashToLittleEndian(onlyTransaction).copy(bytes, 36);
  bytes.writeBigUInt64LE(BigInt(head.timeMs + 1), 68);
  bytes.writeUInt32LE(head.index + 1, 84);
  hashToLittleEndian(committee).copy(bytes, 89);
  return bytes;
}
