import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { readDeployment } from './read-deployment.js';

const FOLDER = join(projectRoot, '.github', 'workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'timeout-minutes': number;
  readonly 'runs-on': string;
  readonly strategy: { readonly matrix: { readonly node: readonly string[] } };
  readonly steps: readonly Step[];
}

describe('the workflow of a public repository', function () {
  this.timeout(180_000);
  const names = readdirSync(FOLDER);
  const text = readFileSync(join(FOLDER, 'ci.yml'), 'utf8');
  const workflow = parse(text) as {
    permissions: object;
    jobs: Readonly<Record<string, Job>>;
  };
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it('is one that actionlint finds nothing in, and finds what is wrong', async () => {
    assert.deepEqual(names, ['ci.yml']);
    const file = join(FOLDER, 'ci.yml');
    assert.deepEqual(await readDeployment('workflow', file), { status: 0, out: '', err: '' });
    const dir = mkdtempSync(join(tmpdir(), 'dodona-workflow-'));
    try {
      const wrong = join(dir, 'wrong.yml');
      writeFileSync(wrong, text.replace('matrix.node }}', 'matrix.nood }}'));
      const { status, out } = await readDeployment('workflow', wrong);
      assert.equal(status, 1);
      assert.match(out, /property "nood" is not defined/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('may read the sources and nothing else, and uses actions by their commits', () => {
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    assert.doesNotMatch(text, /secrets\.|pull_request_target|workflow_run/);
    for (const { uses, with: given } of steps.filter((step) => step.uses !== undefined)) {
      assert.match(uses ?? '', /^actions\/[a-z-]+@[0-9a-f]{40}$/);
      if (uses?.startsWith('actions/checkout@')) {
        assert.equal(given?.['persist-credentials'], false);
      }
    }
    const pinned = text.match(/uses: .*@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm) ?? [];
    assert.equal(pinned.length, steps.filter(({ uses }) => uses !== undefined).length);
  });

  it('runs .ci/run and nothing else of its own, on the oldest Node and the current LTS', () => {
    const run = steps.flatMap((step) => step.run ?? []);
    assert.deepEqual(run, ['sudo apt-get update', '.ci/run']);
    const script = join(projectRoot, '.ci', 'run');
    assert.ok((statSync(script).mode & 0o111) !== 0);
    const limit = Number(/^LIMIT_SECONDS=(\d+)$/m.exec(readFileSync(script, 'utf8'))?.[1]);
    const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    for (const job of jobs) {
      assert.ok(job['timeout-minutes'] * 60 > limit, 'its own limit comes first');
      assert.match(job['runs-on'], /^ubuntu-\d+\.\d+$/);
      const { node } = job.strategy.matrix;
      assert.deepEqual(node, [`${engines.node.replace('>=', '')}.0`, 'lts/*']);
    }
  });
});
