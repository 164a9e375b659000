import { Option } from 'commander';

/** Kinds of keys that a node has of its own. */
const KEY_KINDS = ['random'] as const;

export interface KeyKindOptions {
  readonly kind: (typeof KEY_KINDS)[number];
}

/** Always to be said, so that no command means another key than its user. */
export const keyKindOption = (): Option =>
  new Option('--kind <kind>', 'random: the key of random numbers')
    .choices(KEY_KINDS)
    .makeOptionMandatory();
