import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../src/base/bytes.js';
import { systemClock } from '../../src/base/clock.js';
import { buildTransaction, signedMessage } from '../../src/chain/transaction.js';
import { createAccount } from '../../src/devnet/account.js';
import { createRemoteSigner, type RemoteSigner } from '../../src/keystore/remote-signer.js';
import { createLineReader, MAX_REPLY_BYTES } from '../../src/keystore/signer-protocol.js';

const MAGIC = 56_753;
const GATEWAY = `0x${'5a'.repeat(20)}` as const;
const [node, thief] = [createAccount(), createAccount()];
const transaction = buildTransaction({
  script: Buffer.from([0x40]),
  signers: [{ account: node.hash, scope: 'CalledByEntry' }],
  ...{ systemFee: 1n, networkFee: 1n, nonce: 1, validUntilBlock: 9 },
});
const message = signedMessage(transaction.hash, MAGIC);

const accountOf = ({ hash, signer }: typeof node, changes: object = {}) => ({
  ...{ account: hash, publicKey: toHex(signer.publicKey), label: '', isDefault: true },
  verificationScript: signer.verificationScript.toString('base64'),
  ...changes,
});
const description = (changes: object = {}) => ({
  ...{ ok: true, did: 'describe', magic: MAGIC, gateway: GATEWAY, allowed: ['respond'] },
  ...{ accounts: [accountOf(node)], maxFee: '1', maxPerHour: '2', spent: '0' },
  ...{ signed: 0, refused: 0 },
  ...changes,
});

/** An answer to each request: an object with its number, text as it is, null not at all. */
type Answer = (
  asked: { id: number; do: string },
  socket: Socket,
) => Promise<object | string | null>;

describe('a node at the socket of a signer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-remote-'));
  const path = join(folder, 'signer.sock');
  let server: Server | null = null;
  let remote: RemoteSigner | null = null;
  let connections = 0;
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    remote?.close();
    await new Promise<void>((resolve) =>
      server === null ? resolve() : server.close(() => resolve()),
    );
    server = null;
  });

  async function serve(answer: Answer): Promise<void> {
    const listening = createServer((socket) => {
      connections += 1;
      const reader = createLineReader(1_000_000);
      socket.on('error', () => {});
      socket.on('data', async (piece: Buffer) => {
        for (const line of reader.read(piece) ?? []) {
          const asked = JSON.parse(line.toString('utf8'));
          const given = await answer(asked, socket);
          if (given === null) continue;
          const text =
            typeof given === 'string' ? given : JSON.stringify({ id: asked.id, ...given });
          socket.write(`${text}\n`);
        }
      });
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(path, resolve));
  }
  function open(timeoutMs = 20_000): RemoteSigner {
    const network = { magic: MAGIC, gateway: GATEWAY };
    connections = 0;
    remote = createRemoteSigner({
      config: { socketPath: path, timeoutMs },
      network,
      clock: systemClock,
    });
    return remote;
  }
  const signed = async (by: typeof node, text = message) => ({
    ...{ ok: true, did: 'sign', signature: toHex(await by.signer.sign(text)) },
  });

  it('takes a signature of the account, and no other', async () => {
    const answers = [node, thief, node];
    await serve(async (asked) => {
      if (asked.do === 'describe') return description();
      const by = answers.shift() ?? node;
      return answers.length === 0 ? signed(by, Buffer.from('another')) : signed(by);
    });
    const signer = await open().open(node.hash);
    assert.equal((await signer.sign(message, transaction)).length, 64);
    for (const _ of [1, 2]) {
      await assert.rejects(signer.sign(message, transaction), {
        code: 'SIGNER_DOWN',
        retryable: true,
        message: /no signature of this account/,
      });
    }
  });

  it('believes no account that is not that of its key', async () => {
    const odd = [
      accountOf(node, { publicKey: toHex(thief.signer.publicKey) }),
      accountOf(node, { verificationScript: thief.signer.verificationScript.toString('base64') }),
    ];
    await serve(async () => description({ accounts: [odd.shift() ?? accountOf(node)] }));
    const asked = open();
    for (const _ of [1, 2]) await assert.rejects(asked.open(node.hash), { code: 'SIGNER_DOWN' });
    assert.equal((await asked.open(node.hash)).account, node.hash);
    await assert.rejects(asked.open(thief.hash), { code: 'KEY_NOT_HERE' });
  });

  it('says which gateway the signer is for, where that is another', async () => {
    await serve(async () => description({ magic: MAGIC + 1 }));
    await assert.rejects(open().accounts(), {
      code: 'SIGNER_OTHER',
      retryable: false,
      message: /on network 56754/,
    });
  });

  it('gives up what is no answer, or none of this version, and asks anew the next time', async () => {
    const wrong = [
      'HTTP/1.1 400 Bad Request',
      '{}',
      JSON.stringify({ id: 77, ...description() }),
      JSON.stringify({ id: 4, ...description({ more: 1 }) }),
      'x'.repeat(MAX_REPLY_BYTES + 1),
    ];
    await serve(async () => wrong.shift() ?? description());
    const asked = open();
    const kinds = wrong.length;
    for (let at = 0; at < kinds; at++) {
      await assert.rejects(asked.accounts(), { code: 'SIGNER_DOWN', retryable: true });
    }
    assert.equal((await asked.accounts()).length, 1);
    assert.equal(connections, kinds + 1);
  });

  it('waits no longer than it is told, and for those behind it neither', async () => {
    await serve(async () => null);
    const asked = open(100);
    const all = await Promise.allSettled([asked.accounts(), asked.accounts(), asked.accounts()]);
    for (const each of all) {
      assert.equal(each.status, 'rejected');
      assert.equal((each as PromiseRejectedResult).reason.code, 'SIGNER_DOWN');
    }
  });

  it('is told when there is none, when it ends in the middle, and goes on when it is back', async () => {
    const asked = open();
    await assert.rejects(asked.accounts(), {
      code: 'SIGNER_DOWN',
      message: /not there \(ENOENT\)/,
    });
    await serve(async (_, socket) => {
      socket.destroy();
      return null;
    });
    await assert.rejects(asked.accounts(), { code: 'SIGNER_DOWN' });
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    await serve(async () => description());
    const many = await Promise.all(Array.from({ length: 50 }, () => asked.accounts()));
    assert.equal(many.length, 50);
  });

  it('never asks for anything but a transaction to be signed', async () => {
    let asks = 0;
    await serve(async () => {
      asks += 1;
      return description();
    });
    const signer = await open().open(node.hash);
    await assert.rejects(signer.sign(Buffer.from('sign in')), /bug: a signer signs transactions/);
    assert.equal(asks, 1);
  });
});
