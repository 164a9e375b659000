import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { createAlertStore } from '../../src/alerts/alert-store.js';
import { openDatabase } from '../../src/storage/database.js';
import { AT_MS } from '../api/request-book.js';
import { commandLine } from './command-line.js';

describe('dodona alerts', () => {
  const cli = commandLine();
  after(() => cli.remove());

  it('lists what fired when the node was stopped, the worst first', async () => {
    const db = openDatabase(cli.databaseFile);
    const store = createAlertStore(db);
    const firing = { sinceMs: AT_MS, firingSinceMs: AT_MS, calmSinceMs: null, toldMs: AT_MS };
    store.put('DodonaEndpointDown', { endpoint: 'http://a:1' }, firing);
    store.put('DodonaSpendingStopped', {}, firing);
    store.put('DodonaWalletLow', {}, { ...firing, firingSinceMs: null });
    store.save();
    db.close();
    const { exitCode, out } = await cli.runHere('alerts', 'list');
    assert.equal(exitCode, 0);
    assert.match(out, /From the database: no node runs/);
    const lines = out.split('\n').filter((line) => line.includes('Dodona'));
    assert.match(lines[0] ?? '', /CRITICAL DodonaSpendingStopped for 1 min: Nothing is spent/);
    assert.match(lines[1] ?? '', /warning DodonaEndpointDown .*http:\/\/a:1 is not used/);
    assert.equal(lines.length, 2);
    const json = JSON.parse((await cli.runHere('alerts', 'list', '--json')).out);
    assert.deepEqual(
      json.alerts.map(({ alert }: { alert: string }) => alert),
      ['DodonaSpendingStopped', 'DodonaEndpointDown'],
    );
    assert.match((await cli.runHere('status')).out, /alerts +CRITICAL DodonaSpendingStopped/);
  });

  it('says what is missing when no way is configured', async () => {
    const { exitCode, err } = await cli.runHere('alerts', 'test');
    assert.equal(exitCode, 1);
    assert.match(err, /alerts: names no way to send messages[\s\S]*alerts\.webhook\.url/);
  });

  it('sends a test message by each way, and fails when one does not get through', async () => {
    writeFileSync(join(cli.dir, 'wallet.json'), await walletFileText([createAccount()], 'x'), {
      mode: 0o600,
    });
    const pager = join(cli.dir, 'pager');
    writeFileSync(pager, `#!/bin/sh\ncat > ${cli.dir}/told\n`);
    chmodSync(pager, 0o700);
    appendFileSync(cli.configFile, `alerts:\n  command:\n    run: [${pager}]\n`);
    const { exitCode, out, err } = await cli.runHere('alerts', 'test');
    assert.deepEqual([exitCode, out, err], [0, 'command    delivered\n', '']);
    const told = JSON.parse(readFileSync(join(cli.dir, 'told'), 'utf8'));
    assert.deepEqual([told.kind, told.node.magic, told.alerts], ['test', 56753, []]);
    writeFileSync(pager, '#!/bin/sh\necho "line busy"; exit 4\n');
    const failed = await cli.runHere('alerts', 'test');
    assert.equal(failed.exitCode, 75);
    assert.match(failed.out, /command +FAILED: it ended with exit code 4: line busy/);
    assert.match(failed.err, /did not get through by command/);
  });
});
