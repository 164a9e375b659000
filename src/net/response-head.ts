import { type FetchedHeaders, fault } from './fetch-result.js';

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** The token of RFC 9110, 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No control characters but the tab: no CR of its own, no zero. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TAB = 0x09;
const SPACE = 0x20;

/** Of these the first one stands, as in Node: more of them say nothing, or nothing good. */
const SINGLE = new Set([
  'age',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** The minor version and the status of an answer; throws a FetchFault. */
export function parseStatusLine(line: string): { minor: number; status: number } {
  const [, minor, status] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) throw fault('protocol', 'the answer is not proper HTTP (its status)');
  return { minor: Number(minor), status: Number(status) };
}

/**
 * Header fields from the second of these lines on: lower-case names, and values without the white
 * space around them, repeated ones joined as Node joins them. Throws a FetchFault.
 */
export function parseFields(lines: readonly string[], maxFields: number): FetchedHeaders {
  if (lines.length - 1 > maxFields) {
    throw fault('headers-too-large', `the answer has more than ${maxFields} headers`);
  }
  const headers: Record<string, string> = {};
  for (let at = 1; at < lines.length; at += 1) addField(headers, lines[at] as string);
  return headers;
}

function addField(headers: Record<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const given = line.slice(0, Math.max(colon, 0));
  const value = withoutSpace(line, colon + 1);
  if (!FIELD_NAME.test(given) || !FIELD_VALUE.test(value)) {
    throw fault('protocol', 'the answer is not proper HTTP (a header)');
  }
  const name = given.toLowerCase();
  // An object takes it for something else than a key.
  if (name === '__proto__') return;
  if (!Object.hasOwn(headers, name)) headers[name] = value;
  else if (name === 'content-length') {
    throw fault('protocol', 'the answer is not proper HTTP (two lengths)');
  } else if (!SINGLE.has(name)) headers[name] = `${headers[name]}, ${value}`;
}

/** By hand, since an expression that looks for the end of spaces can take forever. */
function withoutSpace(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

const isSpace = (code: number): boolean => code === SPACE || code === TAB;
