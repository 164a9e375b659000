import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAbi } from '../../scripts/docs-tables/gateway-tables.js';
import { tablesIn, withTables } from '../../scripts/docs-tables/markdown.js';
import { PAGES, pageTables } from '../../scripts/docs-tables/page-tables.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { ResponseCode } from '../../src/base/outcome.js';
import { RpcTrouble } from '../../src/chain/rpc-error.js';
import { ExitCode } from '../../src/cli/exit-code.js';
import { valuePaths } from '../../src/config/schema-problems.js';
import { REQUEST_STATES } from '../../src/requests/request-machine.js';
import { readDocument } from './fenced-blocks.js';

const operators = readDocument('docs/operators.md');
const authors = readDocument('docs/contract-authors.md');
const abi = readAbi();

/** First cells of the rows of the tables below a heading, up to the next heading. */
function rowsBelow(text: string, heading: string): string[] {
  const [, below = ''] = text.split(`\n${heading}\n`);
  const section = below.split(/\n#+ /)[0] ?? '';
  return [...section.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = '']) => cell.trim());
}

const inCode = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

describe('the tables of the documents', () => {
  it('are what the code says', async () => {
    const tables = await pageTables({ measures: false });
    for (const page of PAGES) {
      const text = readDocument(page);
      const filled = withTables(text, (name, present) => tables(name) ?? present);
      assert.equal(text === filled, true, `${page}: run npx tsx scripts/docs-tables.ts`);
    }
  });

  it('are all in a document', async () => {
    const used = new Set(PAGES.flatMap((page) => tablesIn(readDocument(page))));
    const named = new Set((await pageTables({ measures: false })).names);
    // Refusals that authors meet stand in the pages by hand, each with what to do.
    const byHand = [
      'asking',
      'charging',
      'checks',
      'feeds',
      'functions',
      'money',
      'prices',
      'results',
      'sponsors',
      'upkeeps',
    ];
    for (const area of byHand) named.delete(`refusals of ${area}`);
    assert.deepEqual([...named].sort(), [...used].sort());
  });

  it('have every key of the configuration', () => {
    const pages = operators + readDocument('docs/monitoring.md');
    for (const path of valuePaths().filter((key) => key.length > 1)) {
      assert.equal(pages.includes(`| \`${path.join('.')}\` |`), true, path.join('.'));
    }
  });

  it('have every refusal of the gateway, word for word', () => {
    const messages = Object.values(abi.refusals).flat();
    assert.equal(messages.length > 100, true);
    const missing = messages.filter((message) => !authors.includes(`\`${message}\``));
    assert.deepEqual(missing, []);
  });

  it('have no refusal that the gateway does not have', () => {
    const known = new Set(Object.values(abi.refusals).flat());
    const rows = [...authors.matchAll(/^\| refusal \|.*\n\|.*\n((?:\|.*\n)+)/gm)]
      .flatMap(([, body = '']) => body.trim().split('\n'))
      .flatMap((row) => inCode(row.split(' | ')[0] ?? ''));
    assert.equal(rows.length > 50, true);
    assert.deepEqual(
      rows.filter((message) => !known.has(message)),
      [],
    );
  });

  it('have every method, event and rehearsal of the gateway', () => {
    for (const { name } of [...abi.methods, ...abi.events]) {
      assert.match(authors, new RegExp(`\`${name}[\`(]`), name);
    }
    for (const said of abi.rehearsals) assert.equal(authors.includes(`\`${said}\``), true, said);
  });

  it('have every response code, and what brings it about', () => {
    const names = rowsBelow(authors, '### Codes');
    for (const name of Object.keys(ResponseCode)) {
      assert.equal(names.includes(name), true, name);
    }
  });

  it('have every state of a request', () => {
    const states = rowsBelow(operators, '## States and reasons').flatMap(inCode);
    assert.deepEqual(states, [...REQUEST_STATES]);
  });

  it('have every exit code', () => {
    const codes = rowsBelow(operators, '## Exit codes').filter((cell) => /^\d+$/.test(cell));
    assert.deepEqual(codes.map(Number), Object.values(ExitCode));
  });

  it('have every error code of the node, and no other', () => {
    const told = rowsBelow(operators, '## Error codes').flatMap(inCode);
    const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(projectRoot, 'src', name), 'utf8'));
    const thrown = sources.flatMap((text) =>
      [...text.matchAll(/(?:new NodeError\(|super\()\s*'([A-Z_]+)'/g)].map(([, code = '']) => code),
    );
    const byName = [
      'CONFIG_INVALID',
      'CONFIG_FILES',
      'FEED_INVALID',
      'WALLET_FLOOR',
      'BUDGET_REACHED',
      'SENT_BEFORE',
      'DEPLOYMENT_NOTE',
      'ROTATION_NOTE',
      'SIGNER_DOWN',
      'SIGNER_REFUSED',
      ...Object.values(RpcTrouble),
    ];
    assert.deepEqual([...new Set(told)].sort(), [...new Set([...thrown, ...byName])].sort());
  });
});
