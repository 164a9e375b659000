import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { sha256 } from '../../base/bytes.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** What the page starts with; it is compiled. */
const ENTRY = 'main.js';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** In quotes, as HTTP has it. */
  readonly etag: string;
}

/**
 * The files of the console page by name, read once: what is served later does not change with the
 * disk, and no path of a request reaches it. None where the page was not built, as in src/.
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of namesIn(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(join(folder, name));
    files.set(name, { type, body, etag: `"${sha256(body).toString('base64url')}"` });
  }
  return files.has(ENTRY) ? files : new Map();
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
