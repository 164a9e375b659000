/** A table of Markdown; bars and line ends inside cells are made harmless. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Text as code; a text with a backtick in it gets two around it. */
export const code = (text: string): string =>
  text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;

const MARKED = /<!-- table: ([\w. -]+) -->\n([\s\S]*?)\n?<!-- end of table -->/g;

/** Names of the tables that a page has places for. */
export const tablesIn = (page: string): string[] =>
  [...page.matchAll(MARKED)].map(([, name = '']) => name);

/** The page with each marked place filled anew; `tableOf` is told its name and present text. */
export const withTables = (
  page: string,
  tableOf: (name: string, present: string) => string,
): string =>
  page.replace(MARKED, (_, name: string, present: string) => {
    return `<!-- table: ${name} -->\n${tableOf(name, present)}\n<!-- end of table -->`;
  });
