import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import SqliteDatabase from 'better-sqlite3';
import { createAccount } from '../../../scripts/devnet/account.js';
import { writeNodeFiles } from '../../../scripts/devnet/node-files.js';
import { writeRuntimeFile } from '../../../src/api/runtime-file.js';
import { systemClock } from '../../../src/base/clock.js';
import { hash160 } from '../../../src/base/hash.js';
import { loadConfig } from '../../../src/config/load-config.js';
import type { NodeConfig } from '../../../src/config/node-config.js';
import { openVault, openVaultKeys } from '../../../src/node/open-vault.js';
import { openDatabase } from '../../../src/storage/database.js';
import { LATEST_SCHEMA } from '../../../src/storage/migrations.js';
import { createCertificate } from '../../net/certificates.js';
import { examine } from './doctor-run.js';
import { assertFails, assertWarns } from './findings.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GIB = 1_073_741_824;
const DAY_MS = 86_400_000;

describe('the doctor on a host, without any chain', function () {
  this.timeout(120_000);
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-doctor-'));
    file = await writeNodeFiles({
      folder,
      // Nobody listens there: what needs a chain is skipped.
      rpcUrl: 'http://127.0.0.1:9',
      wsUrl: 'ws://127.0.0.1:9/ws',
      magic: 56_753,
      gateway: hash160(`0x${'11'.repeat(20)}`),
      node: createAccount(),
      apiPort: 0,
      blockMs: 1_000,
    });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const look = (change: (config: NodeConfig) => NodeConfig = (config) => config) =>
    examine(file, { change });
  const dataDir = () => join(folder, 'node');
  const database = () => join(dataDir(), 'node.sqlite');

  it('names an old Node.js, and a machine with little memory', async () => {
    const old = await examine(file, { host: { nodeVersion: '20.18.3', memoryBytes: 2 * GIB } });
    assertFails(old.of('host.node-version'), { found: '20.18.3', fix: /newer Node\.js/ });
    assertWarns(old.of('host.memory'), {
      found: '2.0 GiB of this shell',
      fix: /functions\.maxParkedMemory/,
    });
    const tiny = await examine(file, { host: { nodeVersion: '24.0.0', memoryBytes: GIB / 4 } });
    assertFails(tiny.of('host.memory'), { found: '256 MiB of this shell', fix: /Give it more/ });
    assert.equal(tiny.of('host.node-version').status, 'ok');
    // What this very machine cannot give.
    const parked = await look((config) => ({
      ...config,
      functions: { ...config.functions, maxParkedBytes: 1_000_000 * GIB },
    }));
    assertWarns(parked.of('host.memory'), { found: /GiB/, fix: /maxParkedMemory/ });
  });

  it('names a low limit of open files, of a process that was started with it', async () => {
    const words = [join(ROOT, 'src', 'cli', 'dodona.ts'), 'doctor', '--config', file, '--json'];
    const line = 'ulimit -n 300 && exec "$0" --import tsx "$@"';
    const ended = await promisify(execFile)('sh', ['-c', line, process.execPath, ...words], {
      cwd: ROOT,
    }).catch((error: { stdout: string }) => error);
    const told = JSON.parse(ended.stdout);
    const check = told.checks.find((each: { check: string }) => each.check === 'host.open-files');
    assertFails(check, {
      expected: /^at least \d{3}/,
      found: /^300 of this shell/,
      fix: /LimitNOFILE=\d{4}/,
    });
    assert.equal(told.exitCode, 1);
  });

  it('warns of a disk that evidence may fill, and names one that is full', async () => {
    const much = await look((config) => ({
      ...config,
      evidence: { ...config.evidence, maxTotalBytes: 1_000_000 * GIB },
      log: { ...config.log, file: join(folder, 'node.log'), maxFileBytes: 1_000_000 * GIB },
    }));
    assertWarns(much.of('host.disk-data'), { found: /GiB/, fix: /evidence\.maxTotal/ });
    assertWarns(much.of('host.disk-log'), { found: /GiB/, fix: /log\.maxFileSize/ });
    const full = await examine(file, { host: { freeBytes: () => 1_048_576 } });
    assertFails(full.of('host.disk-data'), { found: '1 MiB', fix: /Make room/ });
  });

  it('counts the copy that a backup makes of a full database', async () => {
    const evidence = { keep: true, maxTotalBytes: GIB };
    const withFree = (bytes: number) =>
      examine(file, {
        change: (config) => ({ ...config, evidence: { ...config.evidence, ...evidence } }),
        host: { freeBytes: () => bytes },
      });
    assertWarns((await withFree(2.9 * GIB)).of('host.disk-data'), {
      found: /GiB/,
      fix: /a copy too/,
    });
    assert.equal((await withFree(3.1 * GIB)).of('host.disk-data').status, 'ok');
  });

  it('names each file whose mode lets others in, and how to close it', async () => {
    const secret = (name: string): string => {
      const path = join(folder, name);
      writeFileSync(path, 'x', { mode: 0o600 });
      chmodSync(path, 0o644);
      return path;
    };
    const wallet = join(folder, 'node-wallet.json');
    const password = join(folder, 'node-wallet.password');
    chmodSync(wallet, 0o640);
    chmodSync(password, 0o604);
    chmodSync(file, 0o666);
    chmodSync(dataDir(), 0o777);
    const [vaultKey, randomKey] = [secret('vault.key'), secret('random.key')];
    writeFileSync(database(), '');
    chmodSync(database(), 0o644);
    const run = await look((config) => ({
      ...config,
      vault: { ...config.vault, keyFile: vaultKey },
      random: { ...config.random, keyFile: randomKey },
    }));
    assertFails(run.of('files.wallet.file'), {
      found: /mode 0640/,
      fix: `run: chmod 600 ${wallet}`,
    });
    const fix = `run: chmod 600 ${password}`;
    assertFails(run.of('files.wallet.passwordFile'), { found: /mode 0604/, fix });
    assertFails(run.of('files.config'), { found: /mode 0666/, fix: `run: chmod go-w ${file}` });
    const dir = `run: chmod go-w ${dataDir()}`;
    assertFails(run.of('files.data'), { found: /mode 0777/, fix: dir });
    assertFails(run.of('files.vault'), { found: /mode 0644/, fix: `run: chmod 600 ${vaultKey}` });
    assertFails(run.of('files.random'), { found: /mode 0644/, fix: `run: chmod 600 ${randomKey}` });
    assertFails(run.of('files.database'), { found: /mode 0644/, fix: /chmod 600/ });
  });

  it('names a password that does not open the wallet, and shows neither', async () => {
    const wrong = 'not the password at all';
    writeFileSync(join(folder, 'node-wallet.password'), `${wrong}\n`, { mode: 0o600 });
    const run = await look();
    assertFails(run.of('wallet.opens'), { found: /password/, fix: /./ });
    const shown = JSON.stringify(run.results);
    assert.equal(shown.includes(wrong), false);
    const { accounts } = JSON.parse(readFileSync(join(folder, 'node-wallet.json'), 'utf8'));
    assert.equal(shown.includes(accounts[0].key), false);
  });

  it('names a vault that does not open, secrets whose key is gone, and a log with gaps', async () => {
    const config = loadConfig(file);
    const db = openDatabase(database());
    const { vault } = openVault(config, db, systemClock);
    const owner = createAccount().hash;
    const id = { owner, name: 'KEY', actor: 'test' };
    await vault.desk.set({ ...id, value: Buffer.from('a secret value'), mayBeResult: false });
    db.close();
    const sound = await look();
    assert.match(JSON.stringify(sound.of('vault.opens')), /"ok".*1 keys/);
    assert.equal(sound.of('vault.secrets').status, 'ok');
    rmSync(join(dataDir(), 'audit.head'));
    assertWarns((await look()).of('vault.secrets'), { found: /./, fix: /dodona audit verify/ });
    writeFileSync(join(folder, 'node-wallet.password'), 'another\n', { mode: 0o600 });
    const closed = await look();
    assertFails(closed.of('vault.opens'), { found: /password/, fix: /./ });
    assertFails(closed.of('vault.secrets'), { found: /no secret can be used/, fix: /vault\.key/ });
    rmSync(join(dataDir(), 'vault.key'));
    assert.equal(await openVaultKeys(config).open(), null);
    assertFails((await look()).of('vault.secrets'), { found: /./, fix: /Restore vault\.key/ });
  });

  it('names a database of a newer version, and warns of one that will be migrated', async () => {
    openDatabase(database()).close();
    const as = (version: number): void => {
      const db = new SqliteDatabase(database());
      db.pragma(`user_version = ${version}`);
      db.close();
    };
    assert.equal((await look()).of('storage.database').status, 'ok');
    as(LATEST_SCHEMA + 1);
    assertFails((await look()).of('storage.database'), { found: /newer version/, fix: /backup/ });
    as(LATEST_SCHEMA - 1);
    assertWarns((await look()).of('storage.database'), {
      found: /brings it forward/,
      fix: /backup/,
    });
    writeFileSync(
      database(),
      'this is no database, and it is long enough to be read as one'.repeat(9),
    );
    assertFails((await look()).of('storage.database'), { found: /cannot open/, fix: /./ });
  });

  it('names a port that is taken, and a certificate that is over or about to be', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = await look((config) => ({ ...config, api: { ...config.api, port } }));
    assertFails(at.of('api.port'), { found: 'EADDRINUSE', fix: /api\.port/ });
    // Neither does a mark that a node left, whose number another process has by now.
    const url = `http://127.0.0.1:${port}`;
    const left = { pid: process.pid, url, instance: 'gone', token: 'gone', startedAtMs: 0 };
    server.on('request', (_request, response) => response.end('{"instance":"another"}'));
    writeRuntimeFile(dataDir(), left);
    const marked = await look((config) => ({ ...config, api: { ...config.api, port } }));
    assertFails(marked.of('api.port'), { found: 'EADDRINUSE', fix: /api\.port/ });
    assert.match(JSON.stringify(marked.of('storage.node')), /something else answers at/);
    server.close();
    const withCertificate = (days: number) => {
      const notAfter = new Date(Date.now() + days * DAY_MS);
      const notBefore = new Date(Date.now() - 100 * DAY_MS);
      const { cert, key } = createCertificate({ commonName: 'api', notBefore, notAfter });
      const tls = { certFile: join(folder, 'api.crt'), keyFile: join(folder, 'api.pem') };
      writeFileSync(tls.certFile, cert);
      writeFileSync(tls.keyFile, key, { mode: 0o600 });
      return look((config) => ({ ...config, api: { ...config.api, tls } }));
    };
    assertFails((await withCertificate(-1)).of('api.tls'), { found: /valid from/, fix: /Renew/ });
    assertWarns((await withCertificate(5)).of('api.tls'), { found: /valid from/, fix: /Renew/ });
    assert.equal((await withCertificate(60)).of('api.tls').status, 'ok');
  });

  it('sends a test message only when it is told to, and names a way that is closed', async () => {
    const got: string[] = [];
    let status = 204;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      got.push(body);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const change = (config: NodeConfig): NodeConfig => ({
      ...config,
      alerts: {
        ...config.alerts,
        webhook: { url: `http://127.0.0.1:${port}/x`, secretFile: null, timeoutMs: 10_000 },
        command: { argv: [process.execPath, '-e', 'process.exit(3)'], timeoutMs: 30_000 },
        allow: { hosts: [{ host: '127.0.0.1', http: true }], cidrs: [] },
      },
    });
    const quiet = await look(change);
    assert.match(JSON.stringify(quiet.of('alerts.channels')), /"ok".*webhook and command/);
    assert.match(JSON.stringify(quiet.of('alerts.delivery', 'webhook')), /skipped.*--send-test/);
    assert.equal(got.length, 0);
    const sent = await examine(file, { change, sendsTest: true });
    assert.equal(sent.of('alerts.delivery', 'webhook').status, 'ok');
    assert.equal(JSON.parse(got[0] ?? '').kind, 'test');
    assertFails(sent.of('alerts.delivery', 'command'), { found: /3/, fix: /alerts test/ });
    const caFile = join(folder, 'no.pem');
    const blind = await look((config) => ({ ...change(config), http: { ...config.http, caFile } }));
    assert.match(JSON.stringify(blind.of('alerts.channels')), /skipped.*files\.http\.caFile/);
    status = 403;
    const refused = await examine(file, { change, sendsTest: true });
    assertFails(refused.of('alerts.delivery', 'webhook'), { found: /403/, fix: /alerts test/ });
    server.close();
  });

  it('names an attestation provider that is not there, and evidence that is not kept', async () => {
    const run = await look((config) => ({
      ...config,
      attestation: { ...config.attestation, provider: 'dstack', dstackSocket: join(folder, 'no') },
      evidence: { ...config.evidence, bodies: 'hash' },
    }));
    assertFails(run.of('attestation.provider'), { found: /there is no/, fix: /dstack\.sock/ });
    assertWarns(run.of('evidence.retention'), { found: /hashes only/, fix: /evidence\.bodies/ });
    const none = await look((config) => ({
      ...config,
      evidence: { ...config.evidence, keep: false },
    }));
    assertWarns(none.of('evidence.retention'), { found: /nothing is kept/, fix: /evidence\.keep/ });
  });

  it('ends in time when what it asks never answers', async () => {
    const stalled = createServer(() => {});
    await new Promise<void>((resolve) => stalled.listen(0, '127.0.0.1', resolve));
    const { port } = stalled.address() as AddressInfo;
    const run = await examine(file, {
      limitMs: 300,
      change: (config) => ({
        ...config,
        network: {
          ...config.network,
          rpcUrls: [`http://127.0.0.1:${port}`],
          requestTimeoutMs: 600_000,
        },
      }),
    });
    stalled.closeAllConnections();
    stalled.close();
    const wanted = { expected: 'an end within 0.3 s', found: /none/, fix: /Try again/ };
    assertFails(run.of('rpc.reachable'), wanted, true);
    assert.equal(existsSync(database()), false, 'it made nothing');
  });
});
