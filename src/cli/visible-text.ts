/**
 * Text from strangers (URLs, specs, error messages) made safe for a terminal: characters that would
 * steer it, or hide or turn text, are shown as their escapes. Line ends stay where `lines` says so.
 */
export function visible(text: string, lines: 'one' | 'many' = 'one'): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (char) =>
    char === '\n' && lines === 'many' ? char : escaped(char),
  );
}

const escaped = (char: string): string =>
  char === '\n' ? '\\n' : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

/** Text cut to a width, with a sign that it was. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Text broken between words to lines of at most `width`; a longer word is broken in itself. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = line === '' ? word : `${line} ${word}`;
    if (rest.length > width && line !== '') {
      lines.push(line);
      rest = word;
    }
    for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
    line = rest;
  }
  return [...lines, line];
}
