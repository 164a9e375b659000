import { Option } from 'commander';

/** Kinds of keys that a node has of its own. */
export type KeyKind = 'node' | 'random' | 'vault';

export interface KeyKindOptions {
  readonly kind: KeyKind;
}

const MEANING: Readonly<Record<KeyKind, string>> = {
  node: 'node: signs answers',
  random: 'random: the key of random numbers',
  vault: 'vault: of secrets',
};

/** Always to be said, so that no command means another key than its user. */
export const keyKindOption = (...kinds: readonly KeyKind[]): Option =>
  new Option('--kind <kind>', kinds.map((kind) => MEANING[kind]).join('; '))
    .choices(kinds)
    .makeOptionMandatory();
