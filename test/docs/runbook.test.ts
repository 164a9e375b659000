import assert from 'node:assert/strict';
import { ALERTS } from '../../src/alerts/alert-table.js';
import { valuePaths } from '../../src/config/schema-problems.js';
import { REFUSALS } from '../../src/keystore/signer-protocol.js';
import { commandLine } from '../cli/command-line.js';
import { readDocument } from './fenced-blocks.js';

const runbook = readDocument('docs/runbook.md');

/** Entries by their alert, with their text. */
const entries = new Map(
  runbook
    .split('\n### ')
    .slice(1)
    .map((part) => {
      const [name = '', ...lines] = part.split('\n');
      return [name, lines.join('\n').split('\n## ')[0] ?? ''] as const;
    }),
);

/** Commands that the page names, in words; what stands in capitals is the reader's to fill in. */
const commands = [...runbook.matchAll(/(?:`|^)(dodona [a-z][^`\n]*?)(?:`| {2}|$)/gm)].map(
  ([, command = '']) => command.trim().split(/\s+/).slice(1),
);

/** The command of these words, without its arguments. */
const commandOf = (words: readonly string[]): string[] => {
  const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
  return [...(end < 0 ? words : words.slice(0, end))];
};

describe('the runbook', () => {
  const cli = commandLine();
  after(() => cli.remove());

  it('has an entry for every alert, and for no other', () => {
    assert.deepEqual([...entries.keys()].sort(), ALERTS.map(({ name }) => name).sort());
  });

  it('says of each what it means, how to look, and what to do', () => {
    for (const [name, text] of entries) {
      for (const part of [
        '**Means.**',
        /\*\*Look(?:\.| and do\.)\*\*/,
        /\*\*(?:Do|Look and do)\.\*\*/,
      ]) {
        assert.match(text, typeof part === 'string' ? /\*\*Means\.\*\* \S/ : part, name);
      }
    }
  });

  it("has each word by which a signer refuses what the node asks, and none of others' words", () => {
    const table = entries.get('DodonaSignerRefuses')?.split('|---|---|')[1] ?? '';
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const words = rows.flatMap((row) => row.split(' | ')[0]?.match(/[a-z]+/g) ?? []);
    // The node's own lines are well formed: these two are met by other programs alone.
    const ofNodes = REFUSALS.filter((word) => word !== 'frame' && word !== 'operation');
    assert.deepEqual(words.sort(), [...ofNodes].sort());
  });

  it('names commands and options that there are', async () => {
    assert.ok(commands.length >= 30);
    for (const words of commands) {
      const command = commandOf(words);
      const { exitCode, out } = await cli.run(...command, '--help');
      assert.equal(exitCode, 0, words.join(' '));
      assert.match(out, new RegExp(`^Usage: dodona ${command.join(' ')}`), words.join(' '));
      for (const option of words.filter((word) => word.startsWith('--'))) {
        assert.ok(out.includes(option), `${words.join(' ')}: ${option}`);
      }
    }
  });

  it('names keys of the configuration that there are', () => {
    const known = new Set(
      valuePaths().flatMap((path) => path.map((_, at) => path.slice(0, at + 1).join('.'))),
    );
    const sections = [...new Set(valuePaths().map(([section]) => section))].join('|');
    const named = [...runbook.matchAll(new RegExp(`\`((?:${sections})\\.[A-Za-z.]+)\``, 'g'))];
    assert.ok(named.length >= 20);
    for (const [, key = ''] of named) {
      if (/\.(?:key|sqlite|json)$/.test(key)) continue;
      assert.ok(known.has(key), key);
    }
  });
});
