import assert from 'node:assert/strict';
import { ResponseCode } from '../../src/base/outcome.js';
import type { FetchResult } from '../../src/net/fetch-result.js';
import { roundJson, withPrices } from '../../src/prices/price-source.js';
import type { PublishedRound } from '../../src/prices/round-store.js';
import { createHttpResolver } from '../../src/resolvers/http.js';

const ROUND: PublishedRound = {
  pair: 'GAS/USD',
  round: 7n,
  price: 305_120_000n,
  timestampMs: 1_700_000_000_000,
  confidenceBps: 15,
  payer: null,
  fee: 0n,
  block: 40,
  tx: `0x${'11'.repeat(32)}`,
};
const JSON_TEXT =
  '{"pair":"GAS/USD","price":305120000,"decimals":8,"text":"3.0512",' +
  '"timestamp":1700000000000,"confidenceBps":15,"round":7}';

describe('a price as a source', () => {
  const web = {
    fetch: async (): Promise<FetchResult> => assert.fail('nothing goes out for a price'),
  };
  const rounds = {
    asOf: (pair: string, block: number) =>
      pair === ROUND.pair && block >= ROUND.block ? ROUND : null,
  };
  const resolver = (block: number) =>
    createHttpResolver({
      fetch: withPrices(web, rounds, block),
      filters: {
        evaluate: async (_dialect, path) => ({ kind: 'matched', json: Buffer.from(`["${path}"]`) }),
      },
      profile: 'csharp',
    });
  const work = { requestId: 1n, requester: `0x${'aa'.repeat(20)}` } as const;
  const ask = async (spec: object, block = 40, filter = '') => {
    const asked = { ...work, style: 'spec' as const, spec: JSON.stringify(spec), filter };
    const outcome = await resolver(block)(asked, new AbortController().signal);
    return outcome.kind === 'answer' ? outcome : assert.fail(outcome.kind);
  };

  it('is written exactly, integers beyond 2^53 too', () => {
    assert.equal(roundJson(ROUND), JSON_TEXT);
    const large = roundJson({ ...ROUND, price: 2n ** 63n - 1n });
    assert.match(large, /"price":9223372036854775807,.*"text":"92233720368\.54775807"/);
  });

  it('answers requestHttp with the latest round, whole or filtered', async () => {
    assert.equal((await ask({ url: 'price:GAS/USD' })).result.toString(), JSON_TEXT);
    assert.equal((await ask({ url: 'PRICE:gas/usd' })).code, ResponseCode.Success);
    const filtered = await ask({ url: 'price:GAS/USD' }, 40, '$.price');
    assert.equal(filtered.result.toString(), '["$.price"]');
    assert.match(filtered.reason, /^the round of GAS\/USD at the request's block$/);
  });

  it("is that of the request's block, and NotFound before the first", async () => {
    const { code, reason } = await ask({ url: 'price:GAS/USD' }, 39);
    assert.equal(code, ResponseCode.NotFound);
    assert.match(reason, /no price of GAS\/USD was published up to the request's block/);
    assert.equal((await ask({ url: 'price:X/Y' })).code, ResponseCode.NotFound);
  });

  it('takes no method, headers or body', async () => {
    for (const more of [{ method: 'POST' }, { headers: { a: 'b' } }]) {
      const { code, reason } = await ask({ url: 'price:GAS/USD', ...more });
      assert.equal(code, ResponseCode.Error);
      assert.match(reason, /takes no method, headers or body/);
    }
  });

  it('is none for `request`, which knows https only', async () => {
    const asked = { ...work, style: 'native' as const, url: 'price:GAS/USD', filter: '' };
    const outcome = await resolver(40)(asked, new AbortController().signal);
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.ProtocolNotSupported);
  });
});
