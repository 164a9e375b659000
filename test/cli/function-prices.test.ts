import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRoundStore } from '../../src/prices/round-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { AT_MS } from '../api/request-book.js';
import { feedText, startVenues } from '../prices/misbehaving-venues.js';
import { commandLine, longestLine } from './command-line.js';

const NOW_MS = AT_MS + 60_000;
const WORTH = `
export default async ({ pair, amount }, ctx) => {
  const { text, round, timestamp } = await ctx.price(pair);
  const again = await ctx.price(pair.toLowerCase());
  return { usd: ctx.decimal.mul(text, amount), same: again.text === text, round, timestamp };
};`;

describe('ctx.price in dodona function run', function () {
  this.timeout(60_000);
  const cli = commandLine();
  const source = join(cli.dir, 'worth.js');
  let closeVenues = async (): Promise<void> => {};

  before(async () => {
    const at = (text: string) => () => ({ price: text, timeMs: NOW_MS - 2_000 });
    const venues = await startVenues({
      ...{ a: at('3.00'), b: at('3.01'), c: at('3.02'), d: at('3.01'), e: at('30.1') },
      ...{ x: at('1'), y: at('2') },
    });
    closeVenues = venues.close;
    const names = { a: 'USD', b: 'USD', c: 'USD', d: 'USD', e: 'USD' };
    writeFileSync(join(cli.dir, 'gas.yaml'), feedText('GAS/USD', venues.origin, names));
    const few = { x: 'USD', y: 'USD', a: 'USD' };
    writeFileSync(join(cli.dir, 'neo.yaml'), feedText('NEO/USD', venues.origin, few));
    const loopback = '{host: 127.0.0.1, http: true}';
    appendFileSync(
      cli.configFile,
      `prices: {feeds: [gas.yaml, neo.yaml]}\nhttp: {allow: {hosts: [${loopback}]}}\n`,
    );
    writeFileSync(source, WORTH);
  });
  after(async () => {
    cli.remove();
    await closeVenues();
  });

  const run = (pair: string, ...words: string[]) => {
    const args = JSON.stringify({ pair, amount: '2' });
    return cli.run('function', 'run', source, '--args', args, ...words);
  };
  const here = ['--config', cli.configFile];

  it('is what the sources of the feed agree on now where the node has published nothing', async () => {
    const { exitCode, out } = await run('GAS/USD', ...here, '--json');
    assert.equal(exitCode, 0, out);
    const told = JSON.parse(out);
    assert.deepEqual(JSON.parse(told.result), {
      usd: '6.02',
      same: true,
      round: 1,
      timestamp: NOW_MS - 2_000,
    });
    assert.deepEqual(told.prices, [
      {
        pair: 'GAS/USD',
        text: '3.01',
        from: 'sources',
        round: null,
        told: 'asked now, 4 of 5 sources count; not on the chain',
      },
    ]);
  });

  it('rejects, and says why to the author, where they agree on none or there is no feed', async () => {
    const split = await run('NEO/USD', ...here);
    assert.equal(split.exitCode, 1);
    assert.match(split.out, /the function threw: TypeError: no price of NEO\/USD/);
    assert.match(split.out, /^price {6}NEO\/USD has none: its sources agree on none: /m);
    const unknown = await run('XYZ/USD', ...here);
    assert.equal(unknown.exitCode, 1);
    assert.match(
      unknown.out.replace(/\s+/g, ' '),
      /XYZ\/USD has none: there is no feed of XYZ\/USD; declare it, or name one of/,
    );
    const bare = await run('GAS/USD');
    assert.equal(bare.exitCode, 1);
    assert.match(bare.out.replace(/\s+/g, ' '), /name files of feeds in prices.feeds/);
    assert.ok(longestLine(unknown.out) <= 100);
  });

  it("is the latest round of the node's database, or as of the block that is named", async () => {
    const db = openDatabase(cli.databaseFile);
    const add = (round: bigint, price: bigint, block: number): void => {
      const [timestampMs, tx] = [NOW_MS - 60_000 + block, `0x${'11'.repeat(32)}`] as const;
      const paid = { payer: null, fee: 1n, confidenceBps: 10, tx };
      const rounds = createRoundStore(db);
      inTransaction(db, () => {
        rounds.add({ pair: 'GAS/USD', round, price, timestampMs, block, ...paid });
      });
    };
    add(7n, 299_000_000n, 42);
    add(8n, 310_000_000n, 44);
    db.close();
    const latest = await run('GAS/USD', ...here);
    assert.match(latest.out, /"usd":"6\.2","same":true,"round":8/);
    assert.match(
      latest.out,
      /^price {6}GAS\/USD 3\.1: round 8 in the node's database, of block 44, 59 s old$/m,
    );
    const asOf = await run('GAS/USD', ...here, '--block', '43');
    assert.match(asOf.out, /"usd":"5\.98","same":true,"round":7/);
    const before = await run('GAS/USD', ...here, '--block', '41');
    assert.equal(before.exitCode, 1);
    assert.match(before.out.replace(/\s+/g, ' '), /has no round of it up to block 41/);
  });

  it('is recorded like a fetch, and comes from the fixture then', async () => {
    const fixture = join(cli.dir, 'worth.json');
    const recorded = await run('GAS/USD', ...here, '--record', fixture, '--json');
    assert.match(readFileSync(fixture, 'utf8'), /"url": "price:GAS\/USD"/);
    const again = await run('GAS/USD', '--fixture', fixture, '--json');
    assert.equal(again.exitCode, 0, again.out);
    assert.equal(JSON.parse(again.out).result, JSON.parse(recorded.out).result);
    const other = await run('NEO/USD', '--fixture', fixture);
    assert.match(other.out, /the fixture has no answer to GET price:NEO\/USD/);
  });
});
