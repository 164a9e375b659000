import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { systemClock } from '../../../src/base/clock.js';
import { parseGas } from '../../../src/base/datoshi.js';
import { gasTransfer } from '../../../src/chain/gateway-calls.js';
import { buildTransaction, signedMessage } from '../../../src/chain/transaction.js';
import { walletFileText } from '../../../src/devnet/account.js';
import { MAX_LABEL_CHARS, MAX_REQUEST_BYTES } from '../../../src/keystore/signer-protocol.js';
import { LINE_TIMEOUT_MS, serveSigner } from '../../../src/operations/signer/serve-signer.js';
import { createSignDesk } from '../../../src/operations/signer/sign-desk.js';
import { openSpendJournal } from '../../../src/operations/signer/spend-journal.js';
import { heldClock } from '../../base/held-clock.js';
import { bytesOf, draft, MAGIC, node, other, STRANGER } from './asked-transactions.js';
import { rawConnection, type SignerFixture, signerFixture } from './signer-fixture.js';

const signOf = (id: number, changes: object = {}): object => ({
  ...{ v: 1, id, do: 'sign', magic: MAGIC, account: node.hash },
  transaction: bytesOf({ nonce: id }).toString('base64'),
  ...changes,
});
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

describe('a signer at its socket', () => {
  let fixture: SignerFixture;
  afterEach(() => fixture.stop());
  const connect = () => rawConnection(fixture.config.socket.path);

  it('signs what a node asks for, and tells what it is', async () => {
    fixture = await signerFixture();
    const { remote } = fixture;
    const signer = await remote.open(node.hash);
    const unsigned = buildTransaction(draft());
    const message = signedMessage(unsigned.hash, MAGIC);
    assert.equal((await signer.sign(message, unsigned)).length, 64);
    assert.deepEqual(signer.verificationScript, node.signer.verificationScript);
    const told = await remote.describe();
    assert.deepEqual([told.signed, told.refused, told.spent], [1, 0, parseGas('1')]);
    assert.deepEqual(
      told.accounts.map(({ account }) => account),
      [node.hash, other.hash],
    );
    const shown = inspect(told, { depth: 9 });
    assert.ok(!shown.includes(node.wif) && !/6P[1-9A-HJ-NP-Za-km-z]{56}/.test(shown));
  });

  it('refuses what is no request of a node, one line of log each, and goes on', async () => {
    fixture = await signerFixture();
    const from = await connect();
    const message = { v: 1, id: 3, do: 'sign-message', message: 'sign in to dodona' };
    const asked: readonly (readonly [string | Buffer, string])[] = [
      ['GET / HTTP/1.1\n', 'frame'],
      ['\n', 'frame'],
      [Buffer.from([0xff, 0xfe, 0, 10]), 'frame'],
      ['null\n', 'version'],
      ['[1]\n', 'version'],
      [line({ ...signOf(1), v: 2 }), 'version'],
      [line(message), 'operation'],
      [line({ v: 1, id: 3, do: 'export' }), 'operation'],
      [
        line({ v: 1, id: 3, do: 'sign', magic: MAGIC, account: node.hash, message: 'aGk=' }),
        'frame',
      ],
      [line(signOf(3, { more: 1 })), 'frame'],
      [line(signOf(0)), 'frame'],
      [line(signOf(3, { transaction: 'no base64!' })), 'frame'],
      [line(signOf(3, { account: 'N' })), 'frame'],
      [line(signOf(3, { magic: MAGIC + 1 })), 'network'],
      [line(signOf(3, { account: STRANGER })), 'account'],
      [line(signOf(3, { account: other.hash })), 'signers'],
      [
        // A text within a list is written like the text.
        line(signOf(3, { account: [node.hash] })),
        'frame',
      ],
      [
        line({ ...signOf(3), __proto__: { polluted: 1 } }).replace('{', '{"__proto__":{"a":1},'),
        'frame',
      ],
    ];
    for (const [bytes] of asked) from.write(bytes);
    const answers = await from.answers(asked.length);
    assert.deepEqual(
      answers.map(({ refusal }) => refusal),
      asked.map(([, reason]) => reason),
    );
    from.write(line(signOf(99)));
    assert.equal((await from.answers(asked.length + 1)).at(-1)?.ok, true);
    const logged = fixture.lines.filter((each) => each.includes('"event":"refused"'));
    assert.equal(logged.length, asked.length);
    assert.equal((await fixture.remote.describe()).refused, asked.length);
    from.end();
  });

  it('ends a connection whose line is too long, and serves the others', async () => {
    fixture = await signerFixture();
    const [huge, fine] = [await connect(), await connect()];
    const piece = Buffer.alloc(65_536, 0x61);
    for (let sent = 0; sent <= MAX_REQUEST_BYTES; sent += piece.length) huge.write(piece);
    await huge.closed();
    assert.deepEqual(
      (await huge.answers(1)).map(({ refusal }) => refusal),
      ['frame'],
    );
    fine.write(line(signOf(1)));
    assert.equal((await fine.answers(1))[0]?.ok, true);
    fine.end();
  });

  it('ends a line that trickles in, and not a connection that is quiet', async () => {
    const clock = heldClock(Date.now());
    fixture = await signerFixture({ clock });
    const [slow, quiet] = [await connect(), await connect()];
    // Each was answered: the signer has both connections.
    for (const each of [slow, quiet]) {
      each.write(line(signOf(1)));
      await each.answers(1);
    }
    slow.write(`${line(signOf(2))}{"v":1,`);
    await slow.answers(2);
    clock.advance(LINE_TIMEOUT_MS - 1);
    slow.write('"id":');
    // A question that is answered after it shows that the piece was read.
    quiet.write(line(signOf(3)));
    await quiet.answers(2);
    clock.advance(1);
    await slow.closed();
    clock.advance(10 * LINE_TIMEOUT_MS);
    quiet.write(line(signOf(4)));
    assert.equal((await quiet.answers(3)).length, 3);
    quiet.end();
  });

  it('takes so many connections, and others once those have ended', async () => {
    fixture = await signerFixture({ maxConnections: 2 });
    const held = [await connect(), await connect()];
    for (const each of held) {
      each.write(line(signOf(1)));
      await each.answers(1);
    }
    const flood = await Promise.all(Array.from({ length: 40 }, connect));
    for (const each of flood) {
      await each.closed();
      assert.deepEqual(
        (await each.answers(1)).map(({ refusal }) => refusal),
        ['busy'],
      );
    }
    const told = fixture.lines.filter((each) => each.includes('socket.maxConnections'));
    assert.equal(told.length, 1);
    held[0]?.end();
    for (;;) {
      const next = await connect();
      next.write(line(signOf(2)));
      const [answer] = await next.answers(1);
      next.end();
      if (answer?.ok === true) break;
    }
    held[1]?.end();
  });

  it('signs up to the ceiling of the hour and no more, whoever asks on whichever line', async () => {
    fixture = await signerFixture();
    const lines = await Promise.all(Array.from({ length: 6 }, connect));
    lines.forEach((each, at) => {
      for (const id of [1, 2, 3, 4]) each.write(line(signOf(10 * at + id)));
    });
    const answers = (await Promise.all(lines.map((each) => each.answers(4)))).flat();
    // Each pays 1 GAS of 5.
    assert.equal(answers.filter(({ ok }) => ok === true).length, 5);
    const refused = answers.filter(({ ok }) => ok === false);
    assert.equal(refused.length, 19);
    for (const { refusal, retryAfterMs } of refused) {
      assert.equal(refusal, 'hour');
      assert.ok(Number(retryAfterMs) > 0 && Number(retryAfterMs) <= 3_600_000);
    }
    for (const each of lines) each.end();
    // A restart does not begin the hour anew.
    await fixture.halt();
    await fixture.restart();
    const again = await connect();
    again.write(line(signOf(77)));
    assert.equal((await again.answers(1))[0]?.refusal, 'hour');
    again.end();
  });

  it('signs a transaction again that it signed, and counts it once', async () => {
    fixture = await signerFixture();
    const from = await connect();
    for (let times = 0; times < 20; times++) from.write(line(signOf(1)));
    const answers = await from.answers(20);
    assert.equal(answers.filter(({ ok }) => ok === true).length, 20);
    assert.equal((await fixture.remote.describe()).spent, parseGas('1'));
    from.end();
  });

  it('answers and logs what fails inside it, and goes on', async () => {
    fixture = await signerFixture();
    const { config, lines, log, folder } = fixture;
    const failing = async (): Promise<never> => {
      throw new TypeError('of the inside');
    };
    const keys = {
      all: () => [],
      find: () => ({ ...node.signer, sign: failing }),
      refresh: failing,
    };
    const journal = openSpendJournal(join(folder, 'state-2'), systemClock);
    const desk = createSignDesk({ policy: config.policy, keys, journal, log });
    const path = join(folder, 'run', 'b.sock');
    const place = { path, access: 'owner', maxConnections: 1 } as const;
    const server = await serveSigner({ desk, ...place, clock: systemClock, log });
    const from = await rawConnection(path);
    from.write(line(signOf(7)) + line({ v: 1, id: 8, do: 'describe' }) + line({ v: 2 }));
    const answers = await from.answers(3);
    assert.deepEqual(
      answers.map(({ id, ok, refusal }) => [id, ok, refusal]),
      [
        [7, false, 'failure'],
        [8, false, 'failure'],
        [0, false, 'version'],
      ],
    );
    assert.match(String(answers[0]?.message), /failed at it \(TypeError\)/);
    assert.ok(!JSON.stringify(answers).includes('of the inside'));
    assert.equal(lines.filter((each) => each.includes('"level":"error"')).length, 2);
    from.end();
    await server.stop();
    journal.close();
  });

  it('tells of an account whose label is longer than its protocol takes', async () => {
    fixture = await signerFixture();
    const { file } = fixture.config.wallet;
    const wallet = JSON.parse(readFileSync(file, 'utf8'));
    wallet.accounts[0].label = 'l'.repeat(1_000);
    writeFileSync(file, JSON.stringify(wallet));
    const [first] = (await fixture.remote.describe()).accounts;
    assert.equal(first?.label, 'l'.repeat(MAX_LABEL_CHARS));
  });

  it('refuses a transfer of GAS, told to the node by reason', async () => {
    fixture = await signerFixture();
    const signer = await fixture.remote.open(node.hash);
    const stolen = buildTransaction(draft({ script: gasTransfer(node.hash, STRANGER, 1n) }));
    await assert.rejects(signer.sign(signedMessage(stolen.hash, MAGIC), stolen), {
      code: 'SIGNER_REFUSED',
      retryable: true,
      message: /transfer is not in policy\.allow/,
    });
    assert.deepEqual(
      fixture.refusals.map(({ reason }) => reason),
      ['method'],
    );
  });

  it('finds keys that are put into its wallet, and keeps those that are taken out', async () => {
    fixture = await signerFixture();
    const { remote, config } = fixture;
    const held = async () => (await remote.accounts()).map(({ account }) => account);
    writeFileSync(config.wallet.file, await walletFileText([other], 'pass'));
    assert.deepEqual(await held(), [node.hash, other.hash]);
    // What cannot be read is told once, and changes nothing.
    writeFileSync(config.wallet.file, '{');
    assert.deepEqual(
      [await held(), await held()],
      [
        [node.hash, other.hash],
        [node.hash, other.hash],
      ],
    );
    assert.equal(fixture.lines.filter((each) => each.includes('cannot be read')).length, 1);
  });

  describe('has a place', () => {
    it('that is for its user alone, or for its group where that is configured', async () => {
      fixture = await signerFixture();
      assert.equal(lstatSync(fixture.config.socket.path).mode & 0o777, 0o600);
      await fixture.stop();
      fixture = await signerFixture({ access: 'group' });
      assert.equal(lstatSync(fixture.config.socket.path).mode & 0o777, 0o660);
    });

    it('that nobody else may write to: neither signer nor node takes another', async () => {
      fixture = await signerFixture();
      const { config, remote } = fixture;
      const dir = dirname(config.socket.path);
      chmodSync(dir, 0o777);
      await assert.rejects(remote.describe(), {
        code: 'SIGNER_DOWN',
        message: /mode 0777: others may put another socket there/,
      });
      const second = fixture.make({ stateDir: join(fixture.folder, 'state-2') });
      await assert.rejects(second.start(), { code: 'SIGNER_SOCKET', message: /mode 0777/ });
      await second.stop();
      chmodSync(dir, 0o700);
      assert.equal((await remote.describe()).refused, 0);
      const link = join(fixture.folder, 'link');
      symlinkSync(dir, link);
      const linked = { path: join(link, 'signer.sock'), access: 'owner' } as const;
      const third = fixture.make({ stateDir: join(fixture.folder, 'state-3'), socket: linked });
      await assert.rejects(third.start(), { code: 'SIGNER_SOCKET', message: /no directory/ });
      await third.stop();
    });

    it('that it takes from a dead signer, and not from a living one or from a file', async () => {
      fixture = await signerFixture();
      const { config, folder } = fixture;
      const living = fixture.make({ stateDir: join(folder, 'state-2') });
      await assert.rejects(living.start(), { code: 'SIGNER_RUNNING', message: /listens at/ });
      await living.stop();
      const same = fixture.make({
        socket: { path: join(folder, 'run', 'b.sock'), access: 'owner' },
      });
      await assert.rejects(same.start(), { code: 'SIGNER_RUNNING', message: /works on/ });
      await same.stop();
      await fixture.halt();
      mkdirSync(join(folder, 'other'), { mode: 0o700 });
      writeFileSync(config.socket.path, 'a file');
      await assert.rejects(fixture.restart(), { code: 'SIGNER_SOCKET', message: /is no socket/ });
      await fixture.halt();
      rmSync(config.socket.path);
      await leaveDeadSocket(config.socket.path);
      await fixture.restart();
      assert.equal((await fixture.remote.describe()).signed, 0);
    });
  });
});

/** A socket as a killed process leaves it behind. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.dead`, resolve));
  renameSync(`${path}.dead`, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.ok(lstatSync(path).isSocket());
}
