/** Functions of the gateway whose string arguments are the messages of refusals. */
const REFUSING = /\b(?:panic|whole|hash160|blob|text|amounts|requireCharging)\(/g;

/**
 * The messages that a Go source of the gateway refuses with: string literals handed to `panic` or
 * to a function that checks an argument. A call inside another's arguments counts once.
 */
export function refusalsIn(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, (comment) => ' '.repeat(comment.length));
  const literals = new Map<number, string>();
  for (const call of code.matchAll(REFUSING)) {
    if (/func $/.test(code.slice(0, call.index))) continue;
    for (const [at, literal] of argumentsFrom(code, call.index + call[0].length)) {
      literals.set(at, literal);
    }
  }
  return [...literals.values()];
}

/** The string literals up to the parenthesis that closes the call, by position. */
function argumentsFrom(code: string, start: number): [number, string][] {
  const found: [number, string][] = [];
  let depth = 1;
  for (let at = start; depth > 0 && at < code.length; at++) {
    const character = code[at];
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character !== '"') continue;
    const end = code.indexOf('"', at + 1);
    found.push([at, code.slice(at + 1, end)]);
    at = end;
  }
  return found;
}
