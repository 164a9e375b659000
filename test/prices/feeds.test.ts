import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { NodeError } from '../../src/base/node-error.js';
import { checkConfigFiles } from '../../src/config/check-files.js';
import { loadConfigWithOrigins } from '../../src/config/load-config.js';
import { loadFeeds } from '../../src/config/load-feeds.js';
import { MINIMAL, problemsOf, scratchDirectory } from '../config/config-file.js';

const PLAIN = `pair: GAS/USD
sources:
  - {venue: kraken, symbol: GASUSD, quote: USD}
  - {venue: bitstamp, symbol: gasusd, quote: USD}
  - {url: "https://a.example/p?x=1", price: $.p, group: mine, quote: USD}
`;

describe('feeds', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());

  let count = 0;
  const write = (...texts: string[]): string => {
    count += 1;
    const files = texts.map((text, at) => scratch.write(`${count}/${at}.yaml`, text));
    return join(files[0] ?? '', '..');
  };
  const refused = (...texts: string[]) => problemsOf(() => loadFeeds([write(...texts)]));
  const one = (text: string): string => {
    const [problem, ...others] = refused(text);
    assert.deepEqual(others, []);
    return `${problem?.line}:${problem?.column} ${problem?.key}: ${problem?.problem}`;
  };

  it("have the design's defaults", () => {
    const [feed] = loadFeeds([write(PLAIN)]);
    const { file: _, sources, ...rest } = feed ?? assert.fail();
    assert.deepEqual(rest, {
      pair: 'GAS/USD',
      isPublished: true,
      quorum: 3,
      agreementBps: 100,
      deviationBps: 50,
      breakerBps: 1_000,
      heartbeatMs: 3_600_000,
      pollIntervalMs: 30_000,
      stalenessMs: 300_000,
    });
    assert.deepEqual(sources[2], {
      name: 'a.example',
      group: 'mine',
      quote: 'USD',
      conversion: null,
      timeoutMs: 5_000,
      retries: 2,
      place: {
        kind: 'url',
        url: 'https://a.example/p?x=1',
        pricePath: '$.p',
        timePath: null,
        timeFormat: 'ms',
      },
    });
  });

  it('that are shipped are right, and those that convert stand first', () => {
    const dir = join(projectRoot, 'config/feeds');
    const feeds = loadFeeds([dir]);
    const pairs = feeds.map(({ pair }) => pair);
    assert.equal(pairs.length, readdirSync(dir).length);
    for (const pair of ['BTC/USD', 'GAS/USD', 'NEO/USD', 'USDT/USD'])
      assert.ok(pairs.includes(pair));
    assert.equal(pairs[0], 'USDT/USD');
    const usdt = feeds.flatMap(({ sources }) => sources.filter(({ quote }) => quote === 'USDT'));
    assert.ok(usdt.length > 5 && usdt.every(({ conversion }) => conversion === 'USDT/USD'));
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ['an unknown key', `${PLAIN}quorums: 2\n`, '6:1 quorums: unknown key "quorums"'],
    ['a pair in small letters', PLAIN.replace('GAS/USD', 'gas/usd'), '1:7 pair: got "gas/usd"'],
    [
      'a pair of more than 32 bytes',
      PLAIN.replace('GAS/USD', `${'A'.repeat(20)}/${'B'.repeat(12)}`),
      `1:7 pair: got "${'A'.repeat(20)}/${'B'.repeat(12)}"`,
    ],
    [
      'a quorum of more groups than there are',
      `${PLAIN}quorum: 4\n`,
      '6:9 quorum: the sources are of 3 groups only: nothing would ever be published',
    ],
    [
      'a breaker below what is published at once',
      `${PLAIN}breaker: 0.9%\n`,
      '6:10 breaker: it is smaller than twice the deviation, which is published at once',
    ],
    [
      'polls rarer than the staleness',
      `${PLAIN}pollInterval: 6m\n`,
      '6:15 pollInterval: what a poll brought would be stale before the next one',
    ],
    [
      'two sources of one name',
      PLAIN.replace('bitstamp', 'kraken, group: b'),
      '4:5 sources[1]: there is another source named kraken',
    ],
    [
      'a source without a symbol',
      PLAIN.replace(', symbol: gasusd', ''),
      '4:5 sources[1]: "symbol" is missing',
    ],
    [
      'a source of both kinds',
      PLAIN.replace('venue: bitstamp', 'venue: bitstamp, url: "https://b.example/"'),
      '4:5 sources[1]: it has both a venue and a url',
    ],
    [
      'a path for a venue',
      PLAIN.replace('symbol: gasusd', 'symbol: gasusd, price: $.x'),
      '4:5 sources[1]: "price" does not go with a venue',
    ],
    [
      'a URL without a group',
      PLAIN.replace(', group: mine', ''),
      '5:5 sources[2]: "group" is missing',
    ],
    [
      'a password in a URL',
      PLAIN.replace('https://a', 'https://u:p@a'),
      '5:11 sources[2].url: the URL holds a password',
    ],
    [
      'a currency without a feed',
      PLAIN.replace('symbol: gasusd, quote: USD', 'symbol: gasusd, quote: USDT'),
      '1:1 pair: no feed tells what bitstamp is converted by: USDT/USD',
    ],
  ];
  for (const [what, text, expected] of wrong) {
    it(`are refused with ${what}, at its place`, () => assert.equal(one(text), expected));
  }

  it('are refused when a pair is there twice, with the other file', () => {
    const [problem] = refused(PLAIN, PLAIN);
    assert.match(problem?.problem ?? '', /^GAS\/USD is declared in .*0\.yaml already$/);
    assert.match(problem?.file ?? '', /1\.yaml$/);
  });

  it('are refused when conversions go in a circle', () => {
    const gas = PLAIN.replace('gasusd, quote: USD', 'gasusd, quote: NEO');
    const neo = PLAIN.replace('GAS/USD', 'NEO/USD').replace('gasusd, quote: USD', 'x, quote: GAS');
    const problems = refused(gas, neo).map(({ problem }) => problem);
    assert.deepEqual(problems, [
      'its conversions go in a circle: GAS/USD -> NEO/USD -> GAS/USD',
      'its conversions go in a circle: NEO/USD -> GAS/USD -> NEO/USD',
    ]);
  });

  it('are checked with the files of a configuration, at the key that names them', () => {
    const dir = write(`${PLAIN}quorum: 9\n`);
    const text = `${MINIMAL}prices: {feeds: [${dir}]}\n`;
    const loaded = loadConfigWithOrigins(scratch.write('node.yaml', text));
    assert.throws(
      () => checkConfigFiles(loaded),
      (error) => {
        assert.ok(error instanceof NodeError && error.code === 'CONFIG_FILES');
        assert.match(
          error.message,
          /prices\.feeds\n {2}wrong: .*0\.yaml\n.*0\.yaml:6:9 {2}quorum/s,
        );
        return true;
      },
    );
  });
});
