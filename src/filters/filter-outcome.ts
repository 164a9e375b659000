/** The two JSONPath dialects: Neo's native oracle's (`request`), the standard's (`requestHttp`). */
export type Dialect = 'native' | 'rfc9535';

/** Whose bytes the native dialect reproduces where the two implementations of Neo differ. */
export type NativeProfile = 'csharp' | 'neo-go';

/**
 * What became of a filter. Only `matched` has a result; every other kind says in one sentence what
 * was wrong, what was expected and which limit applied. A reason may quote the filter and the body,
 * shortened; it holds nothing else.
 *
 * | kind | meaning | response code |
 * |---|---|---|
 * | matched | compact JSON array of the matches, possibly `[]` | Success |
 * | bad-path | the filter is not a path of the dialect | Error |
 * | not-json | the body is no JSON of the dialect (UTF-8, syntax, nesting, names) | Error |
 * | limit | the path asks for more than the dialect allows (steps, objects, stack) | Error |
 * | inexact-number | a selected number cannot be carried exactly (rfc9535 only) | Error |
 * | too-large | the body or the result is larger than the pool allows | ResponseTooLarge |
 * | timeout | the evaluation ran for longer than the pool allows | Timeout |
 * | out-of-memory | the evaluation needed more memory than the pool allows | Error |
 * | crashed | the thread died under this evaluation | Error |
 * | busy | nothing was evaluated, since too much is waiting | none: try again |
 * | cancelled | nothing was answered, since the signal was aborted or the pool closed | none |
 */
export type FilterOutcome =
  | { readonly kind: 'matched'; readonly json: Buffer }
  | { readonly kind: FilterFailure; readonly reason: string };

export type FilterFailure = RefusalKind | ThreadFailure | 'busy' | 'cancelled';

/** What the evaluation itself finds wrong. */
export type RefusalKind = 'bad-path' | 'not-json' | 'limit' | 'inexact-number' | 'too-large';

/** What ends a thread under an evaluation. */
export type ThreadFailure = 'timeout' | 'out-of-memory' | 'crashed';

/** Thrown inside an evaluation, and turned into an outcome at its edge (evaluate-filter.ts). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, reason: string) {
    super(reason);
    this.kind = kind;
  }
}
