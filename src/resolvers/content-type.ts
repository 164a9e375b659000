/** A Content-Type header taken apart (RFC 9110, 8.3.1), with what lenient readers would forgive. */
export interface ContentType {
  /** As sent: not lower-cased. */
  readonly type: string;
  /** Names in lower case, values as sent, quotes included. */
  readonly parameters: ReadonlyMap<string, string>;
  /** It ends with a semicolon that nothing follows. */
  readonly looseEnd: boolean;
  /** A parameter has no value, or stands there twice. */
  readonly looseParameter: boolean;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?=;|$)`);
const PARAMETER = new RegExp(
  `;\\s*(?:(${TOKEN})(?:\\s*=\\s*(${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)?\\s*(?=;|$)`,
  'y',
);

/** Takes a header apart; null when it doesn't have the shape of a media type. */
export function parseContentType(header: string): ContentType | null {
  const head = TYPE.exec(header);
  if (head?.[1] === undefined) return null;
  const parameters = new Map<string, string>();
  let looseEnd = false;
  let looseParameter = false;
  PARAMETER.lastIndex = head[0].length;
  while (PARAMETER.lastIndex < header.length) {
    const match = PARAMETER.exec(header);
    if (match === null) return null;
    const name = match[1]?.toLowerCase();
    if (name === undefined) {
      if (PARAMETER.lastIndex < header.length) return null;
      looseEnd = true;
    } else {
      looseParameter ||= match[2] === undefined || parameters.has(name);
      parameters.set(name, match[2] ?? '');
    }
  }
  return { type: head[1], parameters, looseEnd, looseParameter };
}
