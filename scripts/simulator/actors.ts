import { createHash } from 'node:crypto';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import type { SimulatedChain } from './chain/simulated-chain.js';
import type { History } from './history.js';
import type { SeededRandom } from './seeded-random.js';

/** Who stands around the gateway. */
export interface Cast {
  readonly gateway: Hash160;
  readonly executor: Hash160;
  /** Of the gateway. */
  readonly owner: Hash160;
  readonly users: readonly Hash160[];
  readonly consumers: readonly Hash160[];
  /** A consumer with credit to spare, whom nobody ever makes do anything odd. */
  readonly steady: Hash160;
}

export const drawHash = (random: SeededRandom): Hash160 => `0x${random.bytes(20).toString('hex')}`;

export function drawCast(random: SeededRandom): Cast {
  const hashes = (count: number) => Array.from({ length: count }, () => drawHash(random));
  const [gateway, executor, owner, steady] = hashes(4) as [Hash160, Hash160, Hash160, Hash160];
  const consumers = hashes(random.between(2, 6));
  return { gateway, executor, owner, users: hashes(3), consumers, steady };
}

export const sha256Of = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Sends transactions of people, who have all the GAS in the world. */
export interface Sender {
  /** `what` is told in the history. A refusal of the mempool is noted, and nothing more. */
  send(by: Hash160, what: string, script: Buffer): void;
  call(by: Hash160, contract: Hash160, method: string, args: readonly ScriptArg[]): void;
  /** As a consumer, who calls what a person sends him. */
  callAs(by: Hash160, consumer: Hash160, method: string, args: readonly ScriptArg[]): void;
}

const FEES = { systemFee: parseGas('30'), networkFee: parseGas('0.5') };
const VALID_BLOCKS = 20;

export function createSender(
  chain: SimulatedChain,
  gateway: Hash160,
  history: History,
  random: SeededRandom,
): Sender {
  function send(by: Hash160, what: string, script: Buffer): void {
    const validUntilBlock = chain.views.height() + VALID_BLOCKS;
    const signers = [{ account: by, scope: 'Global' as const }];
    const nonce = random.below(2 ** 32);
    try {
      const hash = chain.submit({ script, signers, nonce, validUntilBlock, ...FEES });
      history.note(`somebody sends ${what}`, hash);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      history.note(`refused: ${what}: ${error.message}`);
    }
  }
  return {
    send,
    call: (by, contract, method, args) => send(by, method, callScript(contract, method, args)),
    callAs(by, consumer, method, args) {
      const script = callScript(consumer, 'call', [gateway, utf8(method), args]);
      send(by, `${method} through ${consumer.slice(0, 8)}`, script);
    },
  };
}
