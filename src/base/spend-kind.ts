/**
 * What the node spends fees on: answers by the kind of their request, price rounds, runs of
 * upkeeps, refunds after a deadline, the collection of what it earned, changes of its keys, and
 * what its operator orders by hand.
 */
export const SPEND_KINDS = [
  'oracle',
  'http',
  'function',
  'random',
  'price',
  'upkeep',
  'expire',
  'collect',
  'key',
  'order',
] as const;
export type SpendKind = (typeof SPEND_KINDS)[number];
