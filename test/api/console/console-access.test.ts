import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  createConsoleAccess,
  LINK_LIFETIME_MS,
  MAX_LINKS,
  MAX_SESSIONS,
  SESSION_LIFETIME_MS,
} from '../../../src/api/console/console-access.js';
import { createConsoleSessionStore } from '../../../src/api/console/console-session-store.js';
import { cookieHeader, isForeignPage, tokenOf } from '../../../src/api/console/session-cookie.js';
import { jsonText } from '../../../src/api/json-text.js';
import { systemClock } from '../../../src/base/clock.js';
import { auditFixture } from '../../audit/audit-fixture.js';

describe('the way into the console', () => {
  const fixture = auditFixture();
  after(() => fixture.remove());
  let nowMs = 1_700_000_000_000;
  const clock = { ...systemClock, nowMs: () => nowMs };
  const open = () =>
    createConsoleAccess({
      store: createConsoleSessionStore(fixture.db),
      audit: fixture.audit,
      clock,
      randomBytes,
    });
  const access = open();

  it('is a link that signs in once, within two minutes', () => {
    const { code, expiresMs } = access.newLink();
    assert.equal(expiresMs, nowMs + LINK_LIFETIME_MS);
    const session = access.signIn(code);
    assert.ok(session !== null);
    assert.equal(session.lifetimeMs, SESSION_LIFETIME_MS);
    assert.ok(access.isSignedIn(session.token));
    assert.equal(access.signIn(code), null);

    const late = access.newLink();
    nowMs += LINK_LIFETIME_MS - 1;
    const last = access.newLink();
    nowMs += 1;
    assert.equal(access.signIn(late.code), null);
    assert.ok(access.signIn(last.code) !== null);
  });

  it('knows no code that it did not give, and no token', () => {
    access.newLink();
    assert.equal(access.signIn(randomBytes(32).toString('base64url')), null);
    assert.equal(access.signIn(''), null);
    assert.equal(access.isSignedIn(randomBytes(32).toString('base64url')), false);
  });

  it('keeps sixteen links; the oldest of more is worth nothing', () => {
    const links = Array.from({ length: MAX_LINKS + 1 }, () => access.newLink());
    assert.equal(access.signIn(links[0]?.code ?? ''), null);
    assert.ok(access.signIn(links[1]?.code ?? '') !== null);
    assert.ok(access.signIn(links.at(-1)?.code ?? '') !== null);
  });

  it('keeps sessions over a restart, by their hashes alone, until twelve hours are over', () => {
    const { token } = access.signIn(access.newLink().code) ?? assert.fail('not signed in');
    const again = open();
    assert.ok(again.isSignedIn(token));
    const rows = fixture.db.prepare('SELECT * FROM console_session').all() as {
      token_hash: Buffer;
    }[];
    const hash = createHash('sha256').update(token).digest();
    assert.ok(rows.some(({ token_hash: stored }) => stored.equals(hash)));
    assert.ok(rows.every(({ token_hash: stored }) => !stored.includes(token)));
    nowMs += SESSION_LIFETIME_MS - 1;
    assert.ok(again.isSignedIn(token));
    nowMs += 1;
    assert.equal(again.isSignedIn(token), false);
  });

  it('ends a session when its owner signs out, and the oldest of more than 32', () => {
    const signIn = () => (access.signIn(access.newLink().code) ?? assert.fail('no')).token;
    const first = signIn();
    access.signOut(first);
    assert.equal(access.isSignedIn(first), false);
    const tokens = Array.from({ length: MAX_SESSIONS + 1 }, () => {
      nowMs += 1;
      return signIn();
    });
    assert.equal(access.isSignedIn(tokens[0] ?? ''), false);
    assert.ok(tokens.slice(1).every((token) => access.isSignedIn(token)));
    const { count } = fixture.db.prepare('SELECT COUNT(*) AS count FROM console_session').get() as {
      count: bigint;
    };
    assert.equal(count, BigInt(MAX_SESSIONS));
  });

  it('is in the audit log, each sign-in and sign-out, without code or token', () => {
    const { code } = access.newLink();
    const { token } = access.signIn(code) ?? assert.fail('not signed in');
    access.signOut(token);
    access.signOut(token);
    const entries = fixture.store.list({ limit: 2 });
    const told = entries.map(({ actor, action, outcome }) => [actor, action, outcome]);
    assert.deepEqual(told, [
      ['operator:console', 'console.signOut', 'done'],
      ['operator:console', 'console.signIn', 'done'],
    ]);
    const text = jsonText(entries);
    assert.ok(!text.includes(code) && !text.includes(token));
  });
});

describe('the cookie of the console', () => {
  const token = randomBytes(32).toString('base64url');

  it('is for this host alone, for no script, and for no page of another site', () => {
    assert.equal(
      cookieHeader(token, 43_200, 'http'),
      `dodona_console=${token}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict`,
    );
  });

  it('is found among others, and only whole', () => {
    assert.equal(tokenOf(`a=b; dodona_console=${token}; c=d`), token);
    assert.equal(tokenOf(undefined), null);
    assert.equal(tokenOf(`dodona_console=${token.slice(1)}`), null);
    assert.equal(tokenOf(`other_dodona_console=${token}`), null);
    assert.equal(tokenOf(`x=${'y'.repeat(4_096)}; dodona_console=${token}`), null);
  });

  it('counts for no page that a browser calls of another origin', () => {
    assert.equal(isForeignPage(undefined), false);
    assert.equal(isForeignPage('same-origin'), false);
    assert.equal(isForeignPage('none'), false);
    assert.equal(isForeignPage('same-site'), true);
    assert.equal(isForeignPage('cross-site'), true);
  });
});
