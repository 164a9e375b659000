import assert from 'node:assert/strict';
import { cutBatch } from '../../src/chain/cut-batch.js';

/** As neo-go writes it. */
const answerOf = (id: number, result: string): string =>
  `{"id":${id},"jsonrpc":"2.0","result":${result}}`;

describe('cutting a batch', () => {
  it('gives the text of each result, whatever is in it', () => {
    const texts = ['{}', '{"a":[{"b":"},{"}]}', 'null', '[]', '"x"'];
    const body = `[${texts.map((text, at) => answerOf(at + 7, text)).join(',')}]`;
    assert.deepEqual(cutBatch(body, 7, texts.length), texts);
    assert.deepEqual(cutBatch(`${body}\n`, 7, texts.length), texts);
    assert.deepEqual(cutBatch(`[${answerOf(1, '{}')}]`, 1, 1), ['{}']);
  });

  it('leaves alone what is not in every byte as expected', () => {
    const [one, two] = [answerOf(1, '{}'), answerOf(2, '{}')];
    const error = '{"id":1,"jsonrpc":"2.0","error":{"code":-109,"message":"Unknown height"}}';
    const others: Record<string, string> = {
      'an error': `[${error},${two}]`,
      'an error at the end': `[${one},${error.replace('"id":1', '"id":2')}]`,
      'another order': `[${two},${one}]`,
      'one too few': `[${one}]`,
      'one that was not asked for first': `[${answerOf(3, '{}')},${one},${two}]`,
      'a space': `[${one}, ${two}]`,
      'an escape': `[${one},${answerOf(2, '"\\u007b"')}]`,
      'other keys': `[${one},{"jsonrpc":"2.0","id":2,"result":{}}]`,
      'no list': one,
      'no end': `[${one},${two}`,
      'more behind the end': `[${one},${two}] `,
      nothing: '',
    };
    for (const [what, body] of Object.entries(others)) {
      assert.equal(cutBatch(body, 1, 2), null, what);
    }
  });
});
