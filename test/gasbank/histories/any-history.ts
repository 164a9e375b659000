import fc from 'fast-check';

/** What may happen, and how often beside the rest. */
const ACTIONS = {
  ask: 8,
  'fund credit': 2,
  answer: 4,
  'answer alone': 6,
  'answer that FAULTs': 5,
  expire: 3,
  mine: 14,
  confirm: 8,
  'twin answers': 2,
  'twin wastes': 1,
  'stranger answers': 1,
  'stranger expires': 1,
  'register upkeep': 3,
  'fund or cancel': 3,
  'run upkeeps': 5,
  'run that FAULTs': 3,
  'others run': 2,
  'publish prices': 3,
  'fund wallet': 2,
  'spend elsewhere': 1,
  'deposit own': 1,
  'withdraw to own': 1,
  collect: 2,
  'between own': 1,
  'change policy': 1,
  'change signer': 1,
  'open wallets': 1,
  restart: 1,
  again: 1,
  changed: 1,
  lie: 1,
} as const;

type What = keyof typeof ACTIONS;
const WHATS = Object.entries(ACTIONS).flatMap(([what, weight]) =>
  Array.from({ length: weight }, () => what as What),
);

/** One step of a history: what, and numbers that say how. Any sequence of them is one. */
export interface Action {
  readonly what: What;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export const anyHistory = (maxLength: number): fc.Arbitrary<Action[]> =>
  fc.array(
    fc.record({
      what: fc.constantFrom(...WHATS),
      a: fc.nat(1_000),
      b: fc.nat(255),
      c: fc.nat(255),
    }),
    { minLength: 10, maxLength, size: 'max' },
  );
