import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import { FetchFault } from '../../src/net/fetch-result.js';
import { type ResponseHead, ResponseParser } from '../../src/net/response-parser.js';

const LIMITS = { maxHeaderBytes: 16 * 1024, maxHeaders: 100, maxInformational: 8 };
const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** What came of an answer: status, headers and body, or that it was refused. */
type Reading = { head: ResponseHead; body: string } | 'refused';

/** The answer in pieces of so many bytes, and the end of the connection. */
function read(text: string, pieceBytes: number, method: 'GET' | 'HEAD' = 'GET'): Reading {
  let head: ResponseHead | null = null;
  let body = '';
  const parser = new ResponseParser(LIMITS, method, {
    onHead: (found) => {
      head = found;
    },
    onBody: (bytes) => {
      body += bytes.toString('latin1');
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (parser.take(bytes.subarray(at, at + pieceBytes)) !== 'more') break;
    }
    parser.end();
  } catch (error) {
    assert.ok(error instanceof FetchFault, String(error));
    return 'refused';
  }
  assert.ok(head !== null, 'a head comes before the end');
  return { head, body };
}

/** What Node's own client makes of the same bytes. */
async function readByNode(text: string): Promise<Reading> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.from(text, 'latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<Reading>((resolve) => {
      const sent = http.request({ host: '127.0.0.1', port, agent: false }, (response) => {
        let body = '';
        response.on('data', (bytes: Buffer) => {
          body += bytes.toString('latin1');
        });
        response.once('error', () => resolve('refused'));
        response.once('end', () => resolve({ head: headOf(response), body }));
      });
      sent.once('error', () => resolve('refused'));
      sent.end();
    });
  } finally {
    server.close();
  }
}

function headOf({ statusCode = 0, headers }: http.IncomingMessage): ResponseHead {
  const plain = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { status: statusCode, headers: Object.fromEntries(plain) };
}

/** Answers that both must read alike, the ones that both must refuse among them. */
const ANSWERS: readonly string[] = [
  `${OK}Content-Length: 2\r\n\r\nok`,
  `${OK}content-LENGTH:   2  \r\n\r\nok`,
  `${OK}Content-Length: 0\r\n\r\n`,
  `${OK}\r\nuntil the end`,
  'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.0 404 Not Found here\r\n\r\nno',
  'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
  `HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
  `${CHUNKED}2\r\nok\r\n0\r\n\r\n`,
  `${CHUNKED}A;name=value\r\n0123456789\r\n1;x\r\n!\r\n000\r\nTrailer: x\r\n\r\n`,
  `${OK}transfer-encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  `${OK}Server: a\r\nServer: b\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}Set-Cookie: a=1\r\nX-Latin: \xe9\xa0\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok`,
  // From here on they are wrong.
  'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  `${OK}Content-Length: 2\r\n\nok`,
  `${CHUNKED}2\nok\n0\n\n`,
  `${OK}X: a\r\n b\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}Content-Length: +2\r\n\r\nok`,
  `${OK}Content-Length: 2, 2\r\n\r\nok`,
  `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  `${OK}X: a\x01b\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}X: a\x00b\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}X : a\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}: a\r\nContent-Length: 2\r\n\r\nok`,
  `${OK}no colon\r\nContent-Length: 2\r\n\r\nok`,
  `${CHUNKED}2 \r\nok\r\n0\r\n\r\n`,
  `${CHUNKED}2\r\nokk\r\n0\r\n\r\n`,
  `${CHUNKED}-2\r\nok\r\n0\r\n\r\n`,
  `${CHUNKED}0x2\r\nok\r\n0\r\n\r\n`,
  `${CHUNKED}\r\nok\r\n0\r\n\r\n`,
  `${CHUNKED}2\r\nok\r\n0\r\nbad trailer\r\n\r\n`,
  `${CHUNKED}2\r\nok\r\n0\r\n`,
  `${CHUNKED}2\r\no`,
  `${OK}Content-Length: 3\r\n\r\nok`,
  'http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nok',
  'ICY 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Le',
];

describe('the parser of answers', () => {
  for (const [index, text] of ANSWERS.entries()) {
    it(`reads as Node's does, however the bytes come: answer ${index + 1}`, async () => {
      const expected = await readByNode(text);
      for (const pieceBytes of [1, 2, 3, 7, text.length]) {
        assert.deepEqual(read(text, pieceBytes), expected, `in pieces of ${pieceBytes} bytes`);
      }
    });
  }

  it('reads none of a body that HEAD has not asked for', () => {
    const text = `${OK}Content-Length: 99\r\nX-A: b\r\n\r\n`;
    const reading = read(text, 5, 'HEAD');
    assert.deepEqual(reading, {
      head: { status: 200, headers: { 'content-length': '99', 'x-a': 'b' } },
      body: '',
    });
  });

  it('is stricter than Node about versions, codings of transfer and statuses that are none', () => {
    for (const text of [
      'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok',
      `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      `${OK}Transfer-Encoding: identity\r\n\r\nok`,
      'HTTP/1.1 200 O\x00K\r\nContent-Length: 2\r\n\r\nok',
      `\r\n${OK}Content-Length: 2\r\n\r\nok`,
    ]) {
      assert.equal(read(text, text.length), 'refused', text);
    }
  });

  it('bounds what it keeps of chunks without end, and takes many honest ones', () => {
    const honest = `${CHUNKED}${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`;
    const reading = read(honest, 1_000);
    assert.ok(reading !== 'refused' && reading.body.length === 20_000);
    const extended = `${CHUNKED}${`1;${'e'.repeat(500)}\r\nx\r\n`.repeat(40)}0\r\n\r\n`;
    assert.equal(read(extended, 1_000), 'refused');
    assert.equal(read(`${CHUNKED}1;${'e'.repeat(20_000)}`, 1_000), 'refused');
  });

  it('says when bytes follow that belong to no answer, and whether the connection lasts', () => {
    const parse = (text: string) => {
      const parser = new ResponseParser(LIMITS, 'GET', { onHead() {}, onBody() {} });
      return [parser.take(Buffer.from(text)), parser.keepsAlive];
    };
    const answer = 'Content-Length: 2\r\n\r\nok';
    assert.deepEqual(parse(`${OK}${answer}`), ['done', true]);
    assert.deepEqual(parse(`${OK}${answer}${OK}`), ['over', true]);
    assert.deepEqual(parse(`${OK}Connection: x, Close\r\n${answer}`), ['done', false]);
    assert.deepEqual(parse(`HTTP/1.0 200 OK\r\n${answer}`), ['done', false]);
    assert.deepEqual(parse(`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${answer}`), [
      'done',
      true,
    ]);
  });
});
