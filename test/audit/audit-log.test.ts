import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryAfter, MAX_AUDIT_TEXT_CHARS } from '../../src/audit/audit-entry.js';
import { createAuditLog } from '../../src/audit/audit-log.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { toHex } from '../../src/base/bytes.js';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { inTransaction } from '../../src/storage/database.js';
import { AT_MS, auditFixture, factOf } from './audit-fixture.js';

describe('the audit log', () => {
  let log: ReturnType<typeof auditFixture>;
  beforeEach(() => {
    log = auditFixture();
  });
  afterEach(() => log.remove());

  it('keeps who did what to which object, when, for which request and how it ended', () => {
    const fact = { outcome: 'refused', requestId: 2n ** 62n, note: 'no grant' } as const;
    log.add({}, fact);
    const [second, first] = log.store.list({ limit: 10 });
    assert.deepEqual([first?.seq, first?.atMs], [1, AT_MS + 1_000]);
    const { previous, hash, ...shown } = second ?? assert.fail('no entry');
    assert.deepEqual(shown, { ...factOf(fact), seq: 2, atMs: AT_MS + 2_000 });
    assert.deepEqual(previous, first?.hash);
    assert.equal(hash.length, 32);
    assert.deepEqual(log.problems(), []);
  });

  it('stands or falls with what it tells of', () => {
    const step = () =>
      log.audit.record((append) => {
        append(factOf());
        throw new Error('the step failed');
      });
    assert.throws(step, /the step failed/);
    assert.equal(log.store.head().seq, 0);
    assert.deepEqual(log.problems(), []);
  });

  it('refuses to change, delete, replace or skip entries, whoever asks the database', () => {
    log.add({}, {});
    const refused = (sql: string, why: RegExp) => assert.throws(() => log.db.exec(sql), why, sql);
    refused("UPDATE audit_entry SET note = 'x' WHERE seq = 1", /never changed/);
    refused('DELETE FROM audit_entry', /never deleted/);
    const copy = (seq: string) => `SELECT ${seq}, at_ms, actor, action, object, outcome,
      request_id, note, previous, hash FROM audit_entry WHERE seq = 1`;
    refused(`INSERT OR REPLACE INTO audit_entry ${copy('1')}`, /follows the last one/);
    refused(`INSERT INTO audit_entry ${copy('4')}`, /follows the last one/);
    refused(`INSERT INTO audit_entry ${copy('3')}`, /follows the last one/);
    assert.deepEqual(log.problems(), []);
  });

  it('lists by time, actor and action, newest first, page by page', () => {
    log.add({}, { actor: 'contract:0x01', action: 'secret.reveal' }, { action: 'secrets.rotate' });
    const seqs = (query: object) => log.store.list({ limit: 10, ...query }).map(({ seq }) => seq);
    assert.deepEqual(seqs({}), [3, 2, 1]);
    assert.deepEqual(seqs({ limit: 2 }), [3, 2]);
    assert.deepEqual(seqs({ beforeSeq: 2 }), [1]);
    assert.deepEqual(seqs({ sinceMs: AT_MS + 2_000 }), [3, 2]);
    assert.deepEqual(seqs({ actor: 'operator' }), [3, 1]);
    assert.deepEqual(seqs({ actor: 'contract:0x01' }), [2]);
    assert.deepEqual(seqs({ actor: 'contract:0x' }), []);
    assert.deepEqual(seqs({ action: 'secret' }), [2, 1]);
    assert.deepEqual(seqs({ action: 'secret.reveal' }), [2]);
  });

  it('keeps strangers from writing lines or books into it', () => {
    log.add({ note: `a\nb\u202e${'x'.repeat(1_000)}` });
    const note = log.store.list({ limit: 1 })[0]?.note ?? '';
    assert.match(note, /^a b xxx/);
    assert.ok(note.length < MAX_AUDIT_TEXT_CHARS + 30);
  });

  describe('is verified:', () => {
    beforeEach(() => log.add({}, {}, {}, {}));

    for (const [column, value] of [
      ['at_ms', '1'],
      ['actor', "'node'"],
      ['action', "'x.y'"],
      ['object', "'other'"],
      ['outcome', "'failed'"],
      ['request_id', '7'],
      ['note', "'nothing'"],
    ]) {
      it(`a changed ${column} is found`, () => {
        log.tamper(`UPDATE audit_entry SET ${column} = ${value} WHERE seq = 2`);
        const { findings } = verifyAudit(log.store, log.anchorFile);
        assert.deepEqual(
          findings.map(({ seq }) => seq),
          [2],
        );
        assert.match(findings[0]?.problem ?? '', /was changed/);
      });
    }

    it('an entry that was rewritten with a hash that fits shows at the next one', () => {
      const before = { seq: 1, hash: log.store.hashAt(1) ?? Buffer.alloc(32) };
      const { hash } = entryAfter(before, AT_MS + 2_000, factOf({ note: 'nothing' }));
      log.tamper(`UPDATE audit_entry SET note = 'nothing', hash = x'${toHex(hash)}' WHERE seq = 2`);
      assert.deepEqual(log.problems(), ['it does not follow entry 2']);
    });

    it('a chain that was written anew to its end is not the one that the anchor knows', () => {
      const before = { seq: 3, hash: log.store.hashAt(3) ?? Buffer.alloc(32) };
      const { hash } = entryAfter(before, AT_MS + 4_000, factOf({ note: 'nothing' }));
      log.tamper(`UPDATE audit_entry SET note = 'nothing', hash = x'${toHex(hash)}' WHERE seq = 4`);
      assert.deepEqual(log.problems(), ['entry 4 is not the one that the anchor knows']);
    });

    it('a gap is found, and so is a missing beginning', () => {
      log.tamper('DELETE FROM audit_entry WHERE seq = 3');
      assert.deepEqual(log.problems(), ['entries 3 to 3 are missing']);
      log.tamper('DELETE FROM audit_entry WHERE seq = 1');
      assert.deepEqual(log.problems()[0], 'entries 1 to 1 are missing');
    });

    it('a missing end is found, also when all is gone, and also after new entries', () => {
      log.tamper('DELETE FROM audit_entry WHERE seq > 2');
      const lost = 'the anchor knows entry 4, and the log ends with 2';
      assert.deepEqual(log.problems(), [lost]);
      log.add({}, {}, {});
      const [found] = log.problems();
      assert.match(found ?? '', /^found on 2023-11-14T.*the log ends with 3$/);
      assert.equal(log.problems().length, 1);
      log.tamper('DELETE FROM audit_entry');
      assert.equal(log.problems().at(-1), 'the anchor knows entry 5, and the log ends with 0');
    });

    it('an anchor that is missing or spoilt is found, and stays found when entries follow', () => {
      rmSync(log.anchorFile);
      assert.deepEqual(log.problems(), ['the anchor is missing, and the log has 4 entries']);
      log.add({});
      assert.match(log.problems().join(), /found on .*the anchor is missing/);
      writeFileSync(log.anchorFile, '{');
      assert.match(log.problems().join(), /the anchor cannot be read/);
    });

    it('a trigger that is gone is found', () => {
      log.db.exec('DROP TRIGGER audit_entry_no_delete');
      assert.deepEqual(log.problems(), ['the trigger audit_entry_no_delete is gone']);
    });

    it('a head that was noted elsewhere must still be there', () => {
      const noted = verifyAudit(log.store, log.anchorFile).head;
      log.add({});
      const findings = (head: typeof noted) =>
        verifyAudit(log.store, log.anchorFile, head).findings.length;
      assert.equal(findings(noted), 0);
      assert.equal(findings({ seq: 4, hash: Buffer.alloc(32) }), 1);
      assert.equal(findings({ ...noted, seq: 9 }), 1);
    });

    it('what a stopped process left unanchored is no finding, and is anchored by the next', () => {
      inTransaction(log.db, () => {
        log.store.append(entryAfter(log.store.head(), AT_MS, factOf()));
      });
      const result = verifyAudit(log.store, log.anchorFile);
      assert.deepEqual([result.findings, result.notAnchored], [[], 1]);
      log.add({});
      assert.equal(verifyAudit(log.store, log.anchorFile).notAnchored, 0);
    });

    it('an operator acknowledges a break: that is an entry, and all is clean again', () => {
      assert.deepEqual(log.audit.acknowledge('operator:alice'), []);
      rmSync(log.anchorFile);
      log.add({});
      assert.equal(log.audit.acknowledge('operator:alice').length, 1);
      assert.deepEqual(log.problems(), []);
      const [entry] = log.store.list({ limit: 1 });
      assert.equal(entry?.action, 'audit.acknowledge');
      assert.match(entry?.note ?? '', /the anchor is missing/);
    });
  });

  it('keeps its anchor to its owner and says so when it cannot be written', () => {
    log.add({});
    assert.equal(statSync(log.anchorFile).mode & 0o777, 0o600);
    assert.equal(JSON.parse(readFileSync(log.anchorFile, 'utf8')).seq, 1);
    rmSync(log.anchorFile);
    writeFileSync(join(log.dir, 'file'), '');
    const anchorFile = join(log.dir, 'file', 'head');
    const blocked = { db: log.db, clock: systemClock, anchorFile };
    assert.throws(
      () => createAuditLog(blocked).record((append) => append(factOf())),
      (error) => error instanceof NodeError && error.code === 'AUDIT_ANCHOR' && error.retryable,
    );
  });

  it('is one chain when two processes append at once', async function () {
    this.timeout(60_000);
    const entry = fileURLToPath(new URL('./appending-process.ts', import.meta.url));
    const children: ChildProcess[] = ['a', 'b'].map((actor) =>
      spawn(process.execPath, ['--import', 'tsx', entry, log.dir, actor, '25'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0]);
    const result = verifyAudit(log.store, log.anchorFile);
    assert.deepEqual([result.findings, result.notAnchored, result.head.seq], [[], 0, 50]);
  });
});
