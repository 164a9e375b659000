/** What a source said, before anything is made of it. */
export interface SourceQuote {
  /** Name of the source, unique in its feed. */
  readonly source: string;
  /** Sources of one venue are one opinion. */
  readonly group: string;
  /** What one unit of the pair's base costs, in the source's own quote currency, in 1e-18. */
  readonly value: bigint;
  /** The source's own time of the value, in ms since 1970. */
  readonly timestampMs: number;
}

/** The rate by which a source's quote currency is turned into that of the pair. */
export interface ConversionRate {
  /** What one unit of the source's quote currency is worth, in 1e-18. */
  readonly value: bigint;
  readonly timestampMs: number;
}

/** What became of one source in a round. */
export type Verdict =
  | 'kept'
  /** It could not be asked, or said nothing that can be used. */
  | 'failed'
  /** Its value is older than the feed's staleness. */
  | 'stale'
  /** Its time is later than now. */
  | 'future'
  /** Its quote currency has no rate now. */
  | 'unconverted'
  /** Its group's opinion is too far from the others'. */
  | 'outlier';

export interface JudgedSource {
  readonly source: string;
  readonly group: string;
  readonly verdict: Verdict;
  /** In the pair's quote currency, in 1e-18; null where there is none. */
  readonly value: bigint | null;
  readonly timestampMs: number | null;
  /** One sentence, where it was not kept. */
  readonly why: string | null;
}
