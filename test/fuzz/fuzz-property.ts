import type fc from 'fast-check';

/** Something that holds for whatever comes in from outside. */
export interface FuzzProperty {
  /** What holds, as the end of a sentence that begins with what comes in. */
  readonly name: string;
  /** Runs in `npm test`; DODONA_FUZZ_RUNS says another number, of all. */
  readonly runs: number;
  /** Made anew for each run of the property. */
  readonly make: () => fc.IAsyncProperty<unknown[]> | fc.IProperty<unknown[]>;
}

/** What a file of `properties` gives. */
export interface FuzzModule {
  readonly PROPERTIES: readonly FuzzProperty[];
  /** Called when its properties are done. */
  readonly close?: () => Promise<void>;
}
