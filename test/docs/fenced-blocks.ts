import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

/** A fenced block of a document. */
export interface FencedBlock {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** What stands behind the fence: sh, yaml, go, … */
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly text: string;
}

export const DOCUMENTS = [
  'README.md',
  'docs/operators.md',
  'docs/prices.md',
  'docs/contract-authors.md',
  'docs/contributors.md',
  'docs/attestation.md',
  'docs/api.md',
  'docs/keys.md',
  'docs/monitoring.md',
  'docs/security.md',
] as const;

export const readDocument = (page: string): string => readFileSync(join(projectRoot, page), 'utf8');

const BLOCK = /^( *)```([\w-]*)\n([\s\S]*?)^\1```$/gm;

/** The fenced blocks of a document in a language, in order. */
export function fencedBlocks(page: string, language: string): FencedBlock[] {
  const text = readDocument(page);
  return [...text.matchAll(BLOCK)]
    .filter(([, , found]) => found === language)
    .map((match) => {
      const [, indent = '', , content = ''] = match;
      const line = text.slice(0, match.index).split('\n').length;
      const plain = content.replace(new RegExp(`^${indent}`, 'gm'), '');
      return { page, line, language, text: plain };
    });
}

/** Languages of the fenced blocks of a document. */
export const languagesOf = (page: string): Set<string> =>
  new Set([...readDocument(page).matchAll(BLOCK)].map(([, , language = '']) => language));
