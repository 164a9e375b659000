import assert from 'node:assert/strict';
import { u, wallet } from '@cityofzion/neon-js';
import { CHALLENGE_MS, SESSION_MS } from '../../src/api/sign-in.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { type AskOptions, apiFixture } from './api-fixture.js';
import { hash160Of } from './request-book.js';

const SALT = '00112233445566778899aabbccddeeff';

/** As NeoLine and the WalletConnect SDK do it, by neon-js alone. */
function signAsWallet(account: InstanceType<typeof wallet.Account>, message: string) {
  const text = u.str2hexstring(SALT + message);
  const framed = `010001f0${u.num2VarInt(text.length / 2)}${text}0000`;
  const signature = wallet.sign(framed, account.privateKey);
  return { publicKey: account.publicKey, signature, salt: SALT };
}

describe('signing in by a wallet', () => {
  let nowMs = Date.UTC(2026, 0, 1);
  let passedMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs, monotonicMs: () => passedMs };
  const fixture = apiFixture({}, clock);
  let served: Awaited<ReturnType<typeof fixture.serve>>;
  const owner = new wallet.Account(wallet.generatePrivateKey());
  const account = hash160(owner.scriptHash);

  before(async () => {
    served = await fixture.serve();
  });
  after(() => fixture.close());

  const post = (path: string, body: object, how: AskOptions = {}) => {
    // Each in a minute of its own: an address may not sign in often.
    passedMs += 60_000;
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', ...how.headers };
    return served.ask(path, { method: 'POST', token: null, ...how, headers, body: text });
  };
  const challengeFor = async (of: string, how: AskOptions = {}) =>
    (await post('/v1/sign-in/challenge', { account: of }, how)).body;

  async function signIn(by = owner, of: string = account) {
    const { ticket, message } = await challengeFor(of);
    return post('/v1/sign-in', { ticket, ...signAsWallet(by, message) });
  }

  it('gives a token that is bound to the account, for half an hour', async () => {
    const { status, body } = await signIn();
    assert.equal(status, 201);
    const { body: session } = await served.ask('/v1/session', { token: body.token });
    assert.deepEqual(session, { kind: 'owner', keyId: null, account, scopes: [] });
    nowMs += SESSION_MS - 1;
    assert.equal((await served.ask('/v1/session', { token: body.token })).status, 200);
    nowMs += 1;
    assert.equal((await served.ask('/v1/session', { token: body.token })).status, 401);
  });

  it('has the wallet sign what it is for: account, host, network, gateway, nonce, end', async () => {
    const { message } = await challengeFor(owner.address);
    assert.match(message, /moves no money/);
    assert.match(message, new RegExp(`^account: ${owner.address}$`, 'm'));
    assert.match(message, /^origin: http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(message, /^network: 56753$/m);
    assert.match(message, new RegExp(`^gateway: ${hash160Of(0x11)}$`, 'm'));
    assert.match(message, /^nonce: [0-9a-f]{32}$/m);
    assert.match(message, /^expires: 2026-01-01T/m);
  });

  it('takes a challenge once', async () => {
    const { ticket, message } = await challengeFor(account);
    const signed = { ticket, ...signAsWallet(owner, message) };
    assert.equal((await post('/v1/sign-in', signed)).status, 201);
    const again = await post('/v1/sign-in', signed);
    assert.equal(again.body.code, 'SIGN_IN_REFUSED');
    assert.match(again.body.detail, /used already/);
  });

  it('takes no challenge that is over, or of a clock that was ahead', async () => {
    for (const laterMs of [CHALLENGE_MS, -1]) {
      const { ticket, message } = await challengeFor(account);
      nowMs += laterMs;
      const { body } = await post('/v1/sign-in', { ticket, ...signAsWallet(owner, message) });
      assert.match(body.detail, /has expired/);
    }
  });

  it('takes no signature of another key, message or host, and no ticket of its own', async () => {
    const other = new wallet.Account(wallet.generatePrivateKey());
    assert.match((await signIn(other)).body.detail, /public key is not that of the account/);
    const { ticket, message } = await challengeFor(account);
    const wrong = { ticket, ...signAsWallet(owner, `${message} `) };
    assert.match((await post('/v1/sign-in', wrong)).body.detail, /signature is not one of/);
    const right = { ticket, ...signAsWallet(owner, message) };
    const elsewhere = { headers: { host: 'oracle.internal' } };
    assert.match((await post('/v1/sign-in', right, elsewhere)).body.detail, /name that you ask by/);
    const later = ticket.replace(/\.(\d+)\./, (_: string, at: string) => `.${Number(at) + 1}.`);
    const moved = { ...right, ticket: later };
    assert.match((await post('/v1/sign-in', moved)).body.detail, /not one of this node/);
  });

  it('lets no contract in, whoever signs for it', async () => {
    const { body } = await signIn(owner, hash160Of(0xcc));
    assert.equal(body.code, 'SIGN_IN_REFUSED');
  });

  it('ends when told to', async () => {
    const { token } = (await signIn()).body;
    assert.equal((await served.ask('/v1/sign-in', { method: 'DELETE', token })).status, 204);
    assert.equal((await served.ask('/v1/session', { token })).status, 401);
  });

  it('keeps ten sessions of an account, the latest ones', async () => {
    const tokens: string[] = [];
    for (let count = 0; count < 11; count++) tokens.push((await signIn()).body.token);
    const open = await Promise.all(tokens.map((token) => served.ask('/v1/session', { token })));
    assert.deepEqual(
      open.map(({ status }) => status),
      [401, ...Array(10).fill(200)],
    );
  });
});
