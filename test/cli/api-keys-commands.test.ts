import assert from 'node:assert/strict';
import { createApiKeys } from '../../src/api/api-keys.js';
import { createAuditLog } from '../../src/audit/audit-log.js';
import { systemClock } from '../../src/base/clock.js';
import { openDatabase } from '../../src/storage/database.js';
import { AT_MS } from '../api/request-book.js';
import { commandLine } from './command-line.js';

describe('dodona api-keys', () => {
  const cli = commandLine();
  after(() => cli.remove());

  const create = async (...more: string[]) => {
    const { exitCode, out } = await cli.runHere('api-keys', 'create', '--json', ...more);
    assert.equal(exitCode, 0, out);
    return JSON.parse(out) as { id: string; token: string };
  };
  /** Whether a node would let the token in. */
  function opens(token: string): boolean {
    const db = openDatabase(cli.databaseFile);
    const anchorFile = `${cli.storageDir}/audit.head`;
    const clock = { ...systemClock, nowMs: () => AT_MS + 60_000 };
    const audit = createAuditLog({ db, clock, anchorFile });
    const parts = { db, audit, clock, random: Buffer.alloc };
    const found = createApiKeys(parts).find(token);
    db.close();
    return found !== null;
  }

  it('create shows the token once, for people too', async () => {
    const { out } = await cli.runHere('api-keys', 'create', '--name', 'a', '--scope', 'read');
    assert.match(out, /^Key [0-9a-f]{12} \(a\): read\n\ndodona_\S+\n\nShown this once\.\n$/);
    const listed = await cli.runHere('api-keys', 'list');
    assert.doesNotMatch(listed.out, /dodona_/);
    assert.match(listed.out, /^[0-9a-f]{12} +a +read +living +never +never$/m);
    assert.doesNotMatch((await cli.runHere('api-keys', 'list', '--json')).out, /hash|dodona_/i);
  });

  it('rotate lets both in, revoke lets neither', async () => {
    const old = await create('--name', 'b', '--scope', 'audit:read', '--expires-in', '90d');
    const rotated = await cli.runHere('api-keys', 'rotate', old.id, '--overlap', '1h', '--json');
    const next = JSON.parse(rotated.out);
    assert.deepEqual(next.scopes, ['audit:read']);
    assert.deepEqual([opens(old.token), opens(next.token)], [true, true]);
    for (const id of [old.id, next.id]) {
      assert.equal((await cli.runHere('api-keys', 'revoke', id)).exitCode, 0);
    }
    assert.deepEqual([opens(old.token), opens(next.token)], [false, false]);
  });

  it('refuse what they cannot read, saying what they expect', async () => {
    const cases: [string[], RegExp][] = [
      [['create', '--name', 'c', '--scope', 'write'], /expected one of read, evidence:read/],
      [['create', '--name', 'c'], /no scope is named/],
      [['create', '--name', 'c', '--scope', 'read', '--expires-in', 'soon'], /such as 30m, 12h/],
      [['rotate', 'none'], /no key has the id "none"/],
      [['revoke', 'none'], /no key has the id "none"/],
    ];
    for (const [args, expected] of cases) {
      const { exitCode, err } = await cli.runHere('api-keys', ...args);
      assert.equal(exitCode, 1, args.join(' '));
      assert.match(err, expected, args.join(' '));
    }
  });
});
