import assert from 'node:assert/strict';
import { type HttpSpec, parseHttpSpec } from '../../src/resolvers/http-spec.js';
import { secretPlaces, withSecretValues } from '../../src/resolvers/secret-places.js';

function placesOf(text: string) {
  const spec = parseHttpSpec(text);
  assert.equal(spec.kind, 'spec', text);
  return secretPlaces(spec as HttpSpec);
}
const namesOf = (text: string): readonly string[] => {
  const places = placesOf(text);
  return places.kind === 'places' ? places.names : assert.fail(JSON.stringify(places));
};
const post = (body: string): string => `{"url":"u","method":"POST","body":${body}}`;

describe('the places of secrets in a spec', () => {
  it('are header values and strings in the JSON of a body, each name once', () => {
    assert.deepEqual(namesOf('{"url":"u","headers":{"a":"{secret:KEY}","b":"{{secret}}"}}'), []);
    const headers = '{"url":"u","headers":{"a":"Bearer {{secret:KEY}}","b":"{{secret:A-1}}:x"}}';
    assert.deepEqual(namesOf(headers), ['KEY', 'A-1']);
    assert.deepEqual(namesOf(post('{"k":["{{secret:K}}","{{secret:K}}{{secret:L}}"]}')), [
      'K',
      'L',
    ]);
    assert.deepEqual(namesOf(post('"{\\"k\\":\\"{{secret:K}}\\"}"')), ['K']);
  });

  it('are never in the URL, however its braces are written', () => {
    assert.equal(placesOf('{"url":"https://a.org/?k={{secret:KEY}}"}').kind, 'in-url');
    assert.equal(placesOf('{"url":"https://{{secret:KEY}}.org/"}').kind, 'in-url');
    assert.equal(placesOf('{"url":"https://a.org/?k=%7B%7bsecret%3AKEY}}"}').kind, 'in-url');
  });

  it('are refused where they cannot be filled, with the reason', () => {
    const names = Array.from({ length: 11 }, (_, at) => `{{secret:A${at}}}`).join();
    for (const [text, why] of [
      ['{"url":"u","headers":{"{{secret:KEY}}":"a"}}', /name of a header/],
      ['{"url":"u","headers":{"a":"{{ Secret : KEY }}"}}', /without spaces/],
      ['{"url":"u","headers":{"a":"{{secret:}}"}}', /without spaces/],
      ['{"url":"u","headers":{"a":"{{secret:KEY}"}}', /without spaces/],
      [post('"key={{secret:KEY}}"'), /not JSON/],
      [post('"{\\"k\\": {{secret:KEY}} }"'), /not JSON/],
      [`{"url":"u","headers":{"a":"${names}"}}`, /11 secrets, at most 10/],
    ] as const) {
      const places = placesOf(text);
      assert.match(places.kind === 'bad-place' ? places.reason : places.kind, why, text);
    }
  });

  it('are filled as they are in headers, and escaped in JSON', () => {
    const value = '"\\\n{{secret:B}}';
    const { headers, body } = withSecretValues(
      {
        url: 'u',
        headers: { a: 'x {{secret:A}} y {{secret:A}}', b: '$&' },
        body: Buffer.from('{"k":"<{{secret:A}}>"}'),
      },
      () => value,
    );
    assert.deepEqual(headers, { a: `x ${value} y ${value}`, b: '$&' });
    assert.deepEqual(JSON.parse(body?.toString() ?? ''), { k: `<${value}>` });
  });
});
