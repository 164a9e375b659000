import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { findOnPath } from '../../scripts/ensure/programs.mjs';
import { ExitCode } from '../../src/cli/exit-code.js';
import { STOP_TIMEOUT_MS } from '../../src/cli/run-node.js';
import { directivesOf } from './unit-directives.js';

const FOLDER = join(projectRoot, 'config', 'systemd');
const UNITS = readdirSync(FOLDER).filter((name) => name.endsWith('.service'));

/** Of systemd.unit, systemd.service, systemd.exec, systemd.kill and systemd.resource-control. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'Wants', 'After', 'StartLimitIntervalSec'],
  Service: [
    ...['Type', 'User', 'Group', 'UMask', 'WorkingDirectory', 'Environment', 'ExecStart'],
    ...['LoadCredential', 'StateDirectory', 'StateDirectoryMode', 'RuntimeDirectory'],
    ...['RuntimeDirectoryMode', 'Restart', 'RestartSec', 'RestartPreventExitStatus'],
    ...['RestartForceExitStatus', 'KillSignal', 'TimeoutStopSec', 'LimitNOFILE', 'LimitCORE'],
    ...['MemoryMax', 'TasksMax', 'OOMPolicy', 'NoNewPrivileges', 'CapabilityBoundingSet'],
    ...['AmbientCapabilities', 'ProtectSystem', 'ProtectHome', 'PrivateMounts', 'PrivateTmp'],
    ...['PrivateDevices', 'PrivateUsers', 'PrivateNetwork', 'ProtectClock'],
    ...['ProtectControlGroups', 'ProtectHostname', 'ProtectKernelLogs', 'ProtectKernelModules'],
    ...['ProtectKernelTunables', 'ProtectProc', 'LockPersonality', 'RestrictNamespaces'],
    ...['RestrictRealtime', 'RestrictSUIDSGID', 'RemoveIPC', 'KeyringMode'],
    ...['RestrictAddressFamilies', 'SystemCallArchitectures', 'SystemCallFilter'],
    ...['SystemCallErrorNumber', 'IPAddressDeny', 'IPAddressAllow'],
  ],
  Install: ['WantedBy'],
};

/** By `systemd-analyze security`, from 0 (nothing is left open) to 10; a plain service has 9.6. */
const MOST_EXPOSED = 1.5;

describe('the units of systemd', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-units-'));
  after(() => rmSync(dir, { recursive: true }));
  const analyze = findOnPath(['systemd-analyze'], process.env);
  const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

  /** What systemd says of a unit, with a node that is there. */
  function verify(name: string, text: string) {
    const file = join(dir, name);
    writeFileSync(file, text.replaceAll('/usr/bin/node', process.execPath));
    const words = ['verify', '--man=no', file];
    const { status, stderr } = spawnSync(analyze ?? '', words, { encoding: 'utf8' });
    const lines = stderr.split('\n').filter((line) => line.includes(name));
    return { status, said: lines.join('\n') };
  }

  it('have directives that systemd knows, each where it belongs', () => {
    assert.ok(UNITS.length >= 1);
    for (const name of UNITS) {
      for (const { section, key, line } of directivesOf(textOf(name))) {
        assert.ok(KNOWN[section]?.includes(key), `${name}: ${line}`);
      }
    }
  });

  it('are right for systemd itself, where it is', function () {
    if (analyze === null) {
      console.log('      no systemd-analyze here: only their directives are looked at');
      this.skip();
    }
    for (const name of UNITS) {
      const text = textOf(name);
      assert.deepEqual(verify(name, text), { status: 0, said: '' });
      const wrong = text.replace('ProtectSystem=', 'ProtectSystme=');
      assert.match(verify(name, wrong).said, /Unknown key.* 'ProtectSystme'/);
      assert.notEqual(verify(name, text.replace('ExecStart=/', 'ExecStart=/gone/')).said, '');
    }
  });

  it('leave a service little to reach, where systemd says how much', function () {
    const words = ['security', '--offline=true', '--no-pager', '--json=short'];
    const probe = spawnSync(analyze ?? 'false', [...words, join(FOLDER, UNITS[0] ?? '')]);
    if (probe.status !== 0) {
      console.log('      no systemd-analyze security for files here: exposure is not looked at');
      this.skip();
    }
    for (const name of UNITS) {
      const threshold = ['--threshold', String(MOST_EXPOSED * 10), join(FOLDER, name)];
      const { status, stdout } = spawnSync(analyze ?? '', [...words, ...threshold], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
    }
  });

  it('start the program, restart it where that helps, and give it time to stop', () => {
    const { bin } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    for (const name of UNITS) {
      const directives = directivesOf(textOf(name));
      const told = (key: string): string =>
        directives.find((directive) => directive.key === key)?.value ?? '';
      const [node, program] = told('ExecStart').split(' ');
      assert.deepEqual([node, program], ['/usr/bin/node', `/opt/dodona/${bin.dodona}`]);
      assert.equal(told('Restart'), 'on-failure');
      assert.equal(Number(told('RestartPreventExitStatus')), ExitCode.fixIt);
      const again = told('RestartForceExitStatus').split(' ').map(Number);
      assert.ok(again.includes(ExitCode.tryLater));
      assert.ok(again.includes(ExitCode.bug));
      assert.ok(!again.includes(ExitCode.fixIt));
      // The signer has no network; api.host 0.0.0.0 makes fastify list the machine's addresses.
      const listens = /\bAF_INET\b/.test(told('RestrictAddressFamilies'));
      if (listens) assert.match(told('RestrictAddressFamilies'), /\bAF_NETLINK\b/);
      assert.ok(Number(told('TimeoutStopSec')) * 1_000 > STOP_TIMEOUT_MS);
      assert.match(told('RestrictAddressFamilies'), /\bAF_UNIX\b/);
      // V8 makes code at run time; with it the node would not start.
      assert.equal(told('MemoryDenyWriteExecute'), '');
      assert.match(told('LoadCredential'), /^\S+:\/etc\/dodona(?:-signer)?\/\S+$/);
      assert.doesNotMatch(textOf(name), /^(?:SetCredential|Environment=.*(?:PASS|SECRET|TOKEN))/m);
    }
  });
});
