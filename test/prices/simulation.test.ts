import assert from 'node:assert/strict';
import { NOW_MS } from './feeds-by-hand.js';
import {
  asByMean,
  asTheNode,
  MEANS,
  type MeanName,
  type Moment,
  seeded,
  type Told,
} from './market.js';

// Rounds of a market with 7 to 15 sources, of which a minority goes wrong in the ways that sources
// do. What is true is known, so the error is, too.

const SIZES = [7, 8, 9, 11, 13, 15];
const ROUNDS = 60;
const POLL_MS = 30_000;
/** Honest sources are so far from the truth at most. */
const NOISE_BPS = 6;

interface Scenario {
  readonly name: string;
  /** Changes what the minority says; null is an outage. */
  readonly wrong: (honest: Told, at: Scene) => Told | null;
  /** Means withstand it, too: nothing wrong is said. */
  readonly isHarmless?: boolean;
}

interface Scene {
  readonly round: number;
  /** Number of the source among those that go wrong. */
  readonly place: number;
  readonly truth: number;
  readonly start: number;
  readonly random: () => number;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a flash crash of some venues',
    wrong: (told, { round }) => ({ ...told, value: told.value * (round % 20 < 3 ? 0.4 : 1) }),
  },
  {
    name: 'frozen feeds that go on telling the time',
    wrong: (told, { start }) => ({ ...told, value: start }),
  },
  { name: 'a decimal slip of x10', wrong: (told) => ({ ...told, value: told.value * 10 }) },
  { name: 'a decimal slip of x1000', wrong: (told) => ({ ...told, value: told.value * 1_000 }) },
  { name: 'a decimal slip of /1000', wrong: (told) => ({ ...told, value: told.value / 1_000 }) },
  {
    name: 'a minority that colludes, far away',
    wrong: (told, { truth }) => ({ ...told, value: truth * 1.25 }),
  },
  {
    name: 'a minority that colludes, just where it is not rejected',
    wrong: (told, { truth }) => ({ ...told, value: truth * 1.003 }),
  },
  {
    name: 'a minority of noise',
    wrong: (told, { random }) => ({ ...told, value: told.value * (0.1 + 5 * random()) }),
  },
  {
    name: "one venue's outage",
    wrong: (told, { place }) => (place === 0 ? null : told),
    isHarmless: true,
  },
  {
    name: 'clocks that stand still',
    wrong: (told, { start }) => ({ ...told, value: start, timestampMs: NOW_MS }),
    isHarmless: true,
  },
];

/** The rounds of a scenario with n sources, of which f go wrong. */
function* play(scenario: Scenario, n: number, f: number, seed: number): Generator<Moment> {
  const random = seeded(seed);
  const start = 3;
  let truth = start;
  for (let round = 1; round <= ROUNDS; round++) {
    truth *= 1.001 + (random() - 0.5) * 0.001;
    const nowMs = NOW_MS + round * POLL_MS;
    const told = Array.from({ length: n }, (_, at): Told | null => {
      const noise = ((random() * 2 - 1) * NOISE_BPS) / 10_000;
      const ageMs = Math.floor(random() * 5_000);
      const honest = { value: truth * (1 + noise), timestampMs: nowMs - ageMs, isHonest: at >= f };
      if (at >= f) return honest;
      return scenario.wrong(honest, { round, place: at, truth, start, random });
    });
    yield { nowMs, truth, told };
  }
}

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};

/** How far the median of the honest can be pushed by f others, from the truth. */
function honestBound({ told, truth }: Moment, f: number): number {
  const honest = told.flatMap((each) => (each?.isHonest === true ? [each.value] : []));
  const [low, high] = [0, Number.MAX_VALUE].map((pushed) =>
    medianOf([...honest, ...Array.from({ length: f }, () => pushed)]),
  );
  return Math.max(truth - (low ?? 0), (high ?? 0) - truth);
}

/** Half of the last digit that the market's floats carry over. */
const ROUNDING = 2e-6;

const minorities = (n: number): number[] =>
  Array.from({ length: Math.floor((n - 1) / 2) }, (_, at) => at + 1);

describe('prices in a market where a minority goes wrong', () => {
  for (const scenario of SCENARIOS) {
    it(`err no more than the median of the honest can: ${scenario.name}`, () => {
      let rounds = 0;
      for (const n of SIZES) {
        for (const f of minorities(n)) {
          for (const moment of play(scenario, n, f, n * 100 + f)) {
            const found = asTheNode(moment);
            if (found === null) assert.fail(`no price with ${f} of ${n} wrong`);
            const error = Math.abs(found - moment.truth);
            assert.ok(error <= honestBound(moment, f) + ROUNDING, `${error}, ${f} of ${n}`);
            rounds += 1;
          }
        }
      }
      assert.equal(rounds, ROUNDS * SIZES.reduce((sum, n) => sum + minorities(n).length, 0));
    });
  }

  const names = Object.keys(MEANS) as MeanName[];
  const harmful = SCENARIOS.filter(({ isHarmless }) => isHarmless !== true);
  for (const scenario of harmful) {
    it(`err beyond that bound where a mean is taken: ${scenario.name}`, () => {
      for (const n of SIZES) {
        const f = Math.floor((n - 1) / 2);
        for (const name of names) {
          const moments = [...play(scenario, n, f, n * 100 + f)];
          const broken = moments.filter((moment) => {
            const error = Math.abs(asByMean(name, moment) - moment.truth);
            return error > honestBound(moment, f) + ROUNDING;
          });
          assert.ok(broken.length > 0, `${name} held with ${f} of ${n} wrong`);
        }
      }
    });
  }

  it('never fire a rule of 2.5 sigma among seven: it cannot', () => {
    const values = [1, 1, 1, 1, 1, 1, 1_000_000];
    assert.equal(MEANS.sigmaMean(values), MEANS.mean(values));
  });
});

describe('prices quoted in a stablecoin that loses its peg', () => {
  /** Four of seven venues quote in the stablecoin; three of its own seven still say 1.00. */
  function depegged(round: number, random: () => number): Moment {
    const nowMs = NOW_MS + round * POLL_MS;
    const peg = Math.max(0.85, 1 - round * 0.004);
    const near = (value: number, isHonest = true): Told => ({
      value: value * (1 + ((random() * 2 - 1) * NOISE_BPS) / 10_000),
      timestampMs: nowMs - Math.floor(random() * 5_000),
      isHonest,
    });
    const stable = Array.from({ length: 7 }, (_, at) => (at < 3 ? near(1, false) : near(peg)));
    const told = Array.from({ length: 7 }, (_, at) =>
      at < 4 ? { ...near(3 / peg), inStable: true } : near(3),
    );
    return { nowMs, truth: 3, told, stable };
  }

  it('stay true: its own feed converts them', () => {
    const random = seeded(1);
    for (let round = 1; round <= ROUNDS; round++) {
      const moment = depegged(round, random);
      const found = asTheNode(moment) ?? assert.fail(`no price in round ${round}`);
      // Noise of the quote and of the rate.
      assert.ok(Math.abs(found - 3) <= (3 * 2 * (NOISE_BPS + 1)) / 10_000, `${found}`);
    }
  });

  it('would be wrong by percents where a mean is taken of its feed, or 1 is believed', () => {
    const random = seeded(1);
    const moments = Array.from({ length: ROUNDS }, (_, at) => depegged(at + 1, random));
    for (const name of Object.keys(MEANS) as MeanName[]) {
      const worst = Math.max(...moments.map((each) => Math.abs(asByMean(name, each) - 3)));
      assert.ok(worst > 3 * 0.02, `${name}: ${worst}`);
    }
    const { told } = moments.at(-1) ?? assert.fail();
    const asDollars = medianOf(told.flatMap((each) => (each === null ? [] : [each.value])));
    assert.ok(asDollars - 3 > 3 * 0.1);
  });

  it('have no price at all while the stablecoin has none', () => {
    const moment = depegged(1, seeded(1));
    const all = moment.told.map((each) => each && { ...each, inStable: true });
    assert.equal(asTheNode({ ...moment, told: all, stable: [null, null] }), null);
  });
});
