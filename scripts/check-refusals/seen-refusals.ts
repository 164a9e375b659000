/** Names the folder that a test run collects the refusals in that it saw on a node. */
export const REFUSALS_VARIABLE = 'DODONA_TEST_REFUSALS';

/** What a contract said when it refused, out of the exception of a FAULT; null if it did not. */
export function refusalOf(exception: string): string | null {
  const [, quoted] = /unhandled exception: (".*")$/s.exec(exception) ?? [];
  return quoted === undefined ? null : (JSON.parse(quoted) as string);
}
