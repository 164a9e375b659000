import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { createAccount } from '../../../scripts/devnet/account.js';
import { writeNodeFiles } from '../../../scripts/devnet/node-files.js';
import { hash160 } from '../../../src/base/hash.js';
import { readProcessLimits } from '../../../src/operations/doctor/host/process-limits.js';
import { examine } from './doctor-run.js';
import { assertFails } from './findings.js';

describe('the doctor on limits of a process', function () {
  this.timeout(120_000);
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-limits-'));
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

  it('goes by the limits of the node where one runs, not by its own', async () => {
    const line = 'ulimit -n 300 && echo ready && exec sleep 600';
    const node = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(node.stdout, 'data');
      const here = { kind: 'running', pid: Number(node.pid) } as const;
      const run = await examine(file, {
        host: { openFiles: 1_000_000, memoryBytes: 1 },
        parts: { findNode: async () => here },
      });
      const found = `300 of process ${node.pid}, the node (the hard limit of ulimit -n)`;
      assertFails(run.of('host.open-files'), { found, fix: /LimitNOFILE/ });
      const memory = run.of('host.memory');
      assert.match('found' in memory ? memory.found : '', /iB of process \d+, the node/);
    } finally {
      node.kill();
    }
  });

  it('finds the memory that a service may use in its control group, or in one around it', () => {
    const roots = { proc: join(folder, 'proc'), cgroups: join(folder, 'cgroup') };
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const memory = () => readProcessLimits(7, roots)?.memoryBytes;
    assert.equal(readProcessLimits(7, roots), null, 'the system does not tell');
    put('proc/7/limits', 'Max open files            1024                 4096    files\n');
    put('proc/7/cgroup', '0::/system.slice/dodona.service\n');
    assert.deepEqual(readProcessLimits(7, roots), { openFiles: 4_096, memoryBytes: totalmem() });
    put('cgroup/system.slice/dodona.service/memory.max', 'max\n');
    assert.equal(memory(), totalmem());
    put('cgroup/system.slice/memory.max', '3000000\n');
    assert.equal(memory(), 3_000_000);
    put('cgroup/system.slice/dodona.service/memory.max', '2000000\n');
    assert.equal(memory(), 2_000_000);
    put('proc/7/cgroup', '5:cpu,cpuacct:/a\n4:memory:/box\n0::/\n');
    put('cgroup/memory/box/memory.limit_in_bytes', '1000000\n');
    assert.equal(memory(), 1_000_000);
  });
});
