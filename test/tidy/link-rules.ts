import { posix } from 'node:path';
import { type Finding, lineOf } from './source-text.js';

const LINK = /\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;

/**
 * Links of a Markdown document to files or headings that are not there. `readFile` answers a file's
 * text, "" for a folder, null when there is nothing; paths are relative to the checkout.
 */
export function brokenLinks(
  path: string,
  text: string,
  readFile: (path: string) => string | null,
): Finding[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' '));
  return [...prose.matchAll(LINK)].flatMap((match) => {
    const [file = '', heading] = (match[1] ?? '').split('#');
    if (/^[a-z]+:/i.test(file)) return [];
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    const content = file === '' ? text : readFile(target);
    const line = lineOf(prose, match.index);
    if (content === null) return [{ file: path, line, problem: `${target} does not exist` }];
    if (heading === undefined || anchorsOf(content).has(heading)) return [];
    return [{ file: path, line, problem: `${target} has no heading #${heading}` }];
  });
}

/** Anchors that a heading gets on the usual forges. */
function anchorsOf(text: string): Set<string> {
  const anchors = [...text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
  return new Set(anchors);
}
