import assert from 'node:assert/strict';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

/** A line without what differs from run to run: times, blocks, hashes and fees. */
const shapeOf = (line: string): string =>
  line
    .trim()
    .replace(/0x[0-9a-f]{40}/g, 'HASH')
    .replace(/\b\d\.\d{8}\b/g, 'FEE')
    .replace(/rolled: [1-6];/, 'rolled: NUMBER;')
    .replace(/"block":\d+/, '"block":INDEX')
    .replace(/in the next block|\d blocks later/, 'LATER')
    .replace(/^\d+\.\d s /, 'TIME ');

describe('the commands of README.md', () => {
  it('show every kind of request answered, as the page says', async () => {
    const { exitCode, outputOf, transcript } = await runBlocks(
      fencedBlocks('README.md', 'sh'),
      COMMAND_RULES,
    );
    assert.equal(exitCode, 0, transcript);
    const lines = outputOf('npm run demo').split('\n');
    const summary = JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? '');
    assert.deepEqual(Object.keys(summary), ['ok', 'requests', 'price', 'upkeep', 'gateway', 'rpc']);
    assert.equal(summary.ok, true);
    assert.match(summary.gateway, /^0x[0-9a-f]{40}$/);
    assert.match(summary.rpc, /^http:\/\/127\.0\.0\.1:\d+/);
    for (const request of summary.requests) {
      const keys = ['kind', 'id', 'code', 'delivered', 'blocks', 'feeGas'];
      assert.deepEqual(Object.keys(request), keys);
      const { kind, id, code, delivered, blocks, feeGas } = request;
      // To verify a proof takes 4.1 GAS at the devnet's prices.
      const mostGas = kind === 'random' ? 5 : 1;
      for (const count of [id, blocks]) assert.ok(Number.isSafeInteger(count) && count > 0);
      assert.deepEqual([code, typeof delivered], [0, 'boolean']);
      assert.ok(feeGas > 0 && feeGas < mostGas, `a fee of ${feeGas} GAS`);
    }
    assert.deepEqual(summary.price, { pair: 'GAS/USD', price: '4.8105' });
    for (const count of [summary.upkeep.id, summary.upkeep.blocks]) assert.ok(count > 0);
    const kinds = summary.requests.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual([...new Set(kinds)].sort(), ['function', 'http', 'oracle', 'random']);
    const shown = new Set(lines.map(shapeOf));
    const [example] = fencedBlocks('README.md', 'text');
    const told = (example?.text ?? '').split('\n').filter((line) => line !== '');
    assert.equal(told.length > 10, true);
    assert.deepEqual(
      told.filter((line) => !shown.has(shapeOf(line))),
      [],
    );
  }).timeout(240_000);
});
