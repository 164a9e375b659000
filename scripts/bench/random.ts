import { randomBytes } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '../../src/base/bytes.js';
import { publicKeyOf, SCALAR_SEED_BYTES, secretFrom } from '../../src/vrf/proof.js';
import { createProver, type MadeProof, type Prover } from '../../src/vrf/prover.js';
import type { BenchOptions } from './bench-options.js';
import type { BenchResult } from './report.js';
import { percentile } from './statistics.js';

const FULL = 500;
const QUICK = 20;
/** What the proving of a number may take once it is warm. */
const TARGET_MS = 5;

/** How long proofs of random numbers take to make and to check, in the thread of the node. */
export async function runRandom({ quick, size, tell }: BenchOptions): Promise<BenchResult> {
  const count = size ?? (quick ? QUICK : FULL);
  const prover = createProver({ random: randomBytes });
  try {
    tell('warming up the prover');
    await prover.ready();
    tell(`${count} proofs, one after the other`);
    const { made, wholeMs } = await measureProofs(prover, count);
    tell('the multiplication that a proof cannot do without');
    const bareMs = measureMultiplications(count);
    const proving = made.map(({ provingMs }) => provingMs);
    const checking = made.map(({ checkingMs }) => checkingMs);
    const ms = (name: string, samples: readonly number[], share: number) => {
      return { name, value: percentile(samples, share), unit: 'ms' };
    };
    return {
      bench: 'random',
      summary:
        `${count} proofs of fresh seeds under one key, one after the other, in the node's own ` +
        'thread after its warm-up; whole: with the check by a pairing and the way there and back',
      figures: [
        { ...ms('provingP50', proving, 0.5), target: `<= ${TARGET_MS}` },
        ms('provingP99', proving, 0.99),
        ms('checkingP50', checking, 0.5),
        ms('checkingP99', checking, 0.99),
        ms('wholeP50', wholeMs, 0.5),
        ms('wholeP99', wholeMs, 0.99),
      ],
      floor: [ms('multiplicationP50', bareMs, 0.5), ms('multiplicationP99', bareMs, 0.99)],
    };
  } finally {
    await prover.close();
  }
}

async function measureProofs(prover: Prover, count: number) {
  const secret = secretFrom(randomBytes(SCALAR_SEED_BYTES));
  const key = { secret, publicKey: publicKeyOf(secret) };
  const made: MadeProof[] = [];
  const wholeMs: number[] = [];
  for (let at = 0; at < count; at++) {
    const seed = sha256(`seed ${at}`);
    const startedMs = performance.now();
    made.push(await prover.prove(key, seed));
    wholeMs.push(performance.now() - startedMs);
  }
  return { made, wholeMs };
}

/** One multiplication of the generator of G1, which every proof is. */
function measureMultiplications(count: number): number[] {
  const { G1, fields } = bls12_381;
  const durations: number[] = [];
  for (let at = 0; at < count; at++) {
    const scalar = fields.Fr.create(BigInt(`0x${sha256(`scalar ${at}`).toString('hex')}`));
    const startedMs = performance.now();
    G1.Point.BASE.multiply(scalar);
    durations.push(performance.now() - startedMs);
  }
  return durations;
}
