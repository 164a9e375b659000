import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256, sha256Hex } from '../../base/bytes.js';
import { messageOf, NodeError } from '../../base/node-error.js';

/** What a program consists of, file by file. */
export interface BuildListing {
  /** SHA-256 of `text`, 32 bytes. */
  readonly digest: Buffer;
  /** One line a file, as sha256sum prints them, then one a package that it was built with. */
  readonly text: string;
}

/** Files of the package that run, or that it reads while it runs; docs and tests are not there. */
const PARTS = ['config', 'contracts/build', 'types'] as const;
/** A checkout has the first, a released package the second. */
const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json'] as const;

export const MAX_BUILD_FILES = 10_000;
export const MAX_BUILD_BYTES = 268_435_456;

const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

/**
 * The digest of the program in a folder: every file of its package that runs, and every package
 * that it runs with by version and integrity, as its lock file has them. The same source, built
 * anew, gives the same digest, in a checkout as in an installed package.
 * @param program the folder that runs, `dist` or `src`; which of them is a part of the digest
 */
export function buildDigest(root: string, program: 'dist' | 'src'): BuildListing {
  try {
    const files = [program, ...PARTS].flatMap((part) => filesBelow(root, part));
    if (files.length > MAX_BUILD_FILES) throw new RangeError(`more than ${MAX_BUILD_FILES} files`);
    // Source maps are for people, hidden files for tools: what runs is the same without them.
    const named = files.filter((file) => !/\.map$|\/\./.test(file)).sort();
    let size = 0;
    const lines = [...named, 'package.json'].map((name) => {
      const bytes = readFileSync(join(root, name));
      size += bytes.length;
      if (size > MAX_BUILD_BYTES) throw new RangeError(`more than ${MAX_BUILD_BYTES} bytes`);
      return `${sha256Hex(bytes)}  ${name}`;
    });
    const text = [HEAD, ...lines, ...lockLines(root), ''].join('\n');
    return { digest: sha256(text), text };
  } catch (cause) {
    throw new NodeError('ATTESTATION_DIGEST', `no digest of ${root}: ${messageOf(cause)}`, {
      hint: 'run the program from an installed package or a whole checkout',
      cause,
    });
  }
}

const HEAD = 'dodona build 1';

/** Paths of a folder's files, below the root, with slashes. Links are refused: they lead out. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    const found = lstatSync(join(root, path));
    if (found.isDirectory()) return filesBelow(root, path);
    if (!found.isFile()) throw new RangeError(`${path} is no file`);
    return [path];
  });
}

/** The packages that the program runs with; tools for working on it are left out. */
function lockLines(root: string): string[] {
  const { packages } = lockSchema.parse(JSON.parse(lockText(root)));
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path !== '' && dev !== true && link !== true)
    .map(([path, { version = '', integrity = '' }]) => `${path}@${version} ${integrity}`)
    .sort();
}

function lockText(root: string): string {
  for (const name of LOCKS) {
    try {
      return readFileSync(join(root, name), 'utf8');
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  throw new RangeError(`there is none of ${LOCKS.join(', ')}`);
}
