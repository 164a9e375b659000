import assert from 'node:assert/strict';
import { playScenario, type ScenarioRecord } from './play-scenario.js';

/** Scenarios that are run; each has its own seed, gateway and contracts. */
const SCENARIOS = Number(process.env.DODONA_DIFFERENTIAL_SCENARIOS ?? 3);
const FIRST_SEED = Number(process.env.DODONA_DIFFERENTIAL_SEED ?? 1);
const ROUNDS = 40;

describe('the simulated chain beside neo-go', function () {
  this.timeout(120_000 + SCENARIOS * 60_000);

  it('ends the same scenarios alike: every event, balance and refusal', async () => {
    const seen: ScenarioRecord = { met: new Map(), gas: [] };
    for (let at = 0; at < SCENARIOS; at++) {
      const seed = FIRST_SEED + at;
      try {
        const { twins } = await playScenario(seed, ROUNDS, seen);
        twins.network.disconnect();
      } catch (thrown) {
        const again = `DODONA_DIFFERENTIAL_SEED=${seed} DODONA_DIFFERENTIAL_SCENARIOS=1`;
        throw new Error(`seed ${seed}, again with ${again}: ${(thrown as Error).message}`, {
          cause: thrown,
        });
      }
    }
    if (process.env.DODONA_DIFFERENTIAL_REPORT !== undefined) report(seen);
    // Not what was tried, but what came about: else this could hold of nothing.
    const never = ALWAYS_MET.filter((event) => !seen.met.has(event));
    assert.deepEqual(never, [], [...seen.met.keys()].join('; '));
  });
});

const ALWAYS_MET = ['Response', 'Expired', 'UpkeepPerformed', 'PriceUpdated', 'Withdrawal'];

/** For who works on the model: what came about, and how well its gas fits. */
function report({ met, gas }: ScenarioRecord): void {
  const often = [...met].sort((a, b) => b[1] - a[1]);
  process.stdout.write(`${often.map(([what, count]) => `${count} ${what}`).join('\n')}\n`);
  const byMethod = new Map<string, number[]>();
  for (const { what, real, simulated } of gas) {
    const method = /: (.{1,18})/.exec(what)?.[1] ?? what;
    const off = Number(real - simulated) / 30;
    byMethod.set(method, [...(byMethod.get(method) ?? []), Math.round(off)]);
  }
  for (const [method, ratios] of byMethod) {
    const sorted = ratios.sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    process.stdout.write(`${method}: ${sorted[0]} ${middle} ${sorted.at(-1)} units\n`);
  }
}
