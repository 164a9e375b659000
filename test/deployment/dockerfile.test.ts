import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { findOnPath } from '../../scripts/ensure/programs.mjs';
import { PINNED } from './pinned.js';
import {
  type Dockerfile,
  type Instruction,
  readDeployment,
  readDockerfile,
} from './read-deployment.js';

const SECRET_WORDS = /password|passphrase|secret|token|credential|private|wif|api_?key/i;

describe('the Dockerfile', function () {
  this.timeout(180_000);
  let file: Dockerfile;
  before(async () => {
    file = await readDockerfile();
  });

  const all = (): Instruction[] => file.stages.flatMap(({ commands }) => [...commands]);
  const named = (name: string): Instruction[] => all().filter((one) => one.name === name);
  const last = (): readonly Instruction[] => file.stages.at(-1)?.commands ?? [];
  const told = (name: string): Record<string, unknown> => {
    const found = last().filter((one) => one.name.toUpperCase() === name);
    assert.equal(found.length, 1, name);
    return found[0]?.value as Record<string, unknown>;
  };

  it('is what BuildKit reads without a warning', () => {
    assert.deepEqual(file.warnings, []);
    assert.deepEqual(
      file.stages.map(({ name }) => name),
      ['release', 'installed', 'node'],
    );
  });

  it('is refused by that parser where it is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-dockerfile-'));
    const wrong = join(folder, 'Dockerfile');
    try {
      writeFileSync(wrong, 'FROM node:24\nCOPPY a b\n');
      const { status, err } = await readDeployment('dockerfile', wrong);
      assert.equal(status, 1);
      assert.match(err, /unknown instruction: COPPY/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('starts from images of an exact version and digest, all of one Node', () => {
    const bases = file.stages.map(({ base }) => base);
    for (const base of bases) assert.match(base, PINNED);
    assert.equal(new Set(bases.map((base) => base.split('-')[0])).size, 1);
    const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const major = Number(/:(\d+)\./.exec(bases[0] ?? '')?.[1]);
    assert.ok(major > Number(/\d+/.exec(engines.node)?.[0]));
  });

  it('copies what there is, and what .dockerignore lets in', () => {
    const lines = readFileSync(join(projectRoot, '.dockerignore'), 'utf8').split('\n');
    assert.equal(lines.filter((line) => line !== '' && !line.startsWith('#'))[0], '*');
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const sources = named('COPY')
      .filter(({ value }) => value.From === '')
      .flatMap(({ value }) => value.SourcePaths as string[]);
    assert.deepEqual([...sources].sort(), [...allowed].sort());
    for (const source of sources) assert.ok(existsSync(join(projectRoot, source)), source);
    const stages = file.stages.map(({ name }) => name);
    for (const { value } of named('COPY').filter(({ value }) => value.From !== '')) {
      assert.ok(stages.includes(String(value.From)), String(value.From));
    }
    for (const secret of ['**/*wallet.json', '**/*.password', '**/*.key', '**/*.sqlite*']) {
      assert.ok(lines.indexOf(secret) > lines.findLastIndex((line) => line.startsWith('!')));
    }
  });

  it('fetches nothing by address, and holds no secret in arguments or the environment', () => {
    assert.deepEqual(named('ADD'), []);
    assert.equal(file.arguments, null);
    assert.deepEqual(named('ARG'), []);
    for (const { text } of named('ENV')) assert.doesNotMatch(text, SECRET_WORDS);
    for (const { text } of named('RUN')) assert.doesNotMatch(text, /curl|wget|https?:|apt-get/);
  });

  it('ends as a user without rights, by its number, in whose place nothing can be written', () => {
    assert.equal(told('USER').User, '10001:10001');
    const at = last().findIndex(({ name }) => name === 'USER');
    assert.deepEqual(
      last()
        .slice(at)
        .filter(({ name }) => ['RUN', 'COPY', 'ADD'].includes(name)),
      [],
    );
    for (const { value } of last().filter(({ name }) => name === 'COPY')) {
      assert.deepEqual([value.Chown, value.Chmod], ['', '']);
    }
    assert.deepEqual(told('VOLUME').Volumes, ['/data']);
  });

  it('runs node itself, without a shell, so that signals reach it', () => {
    const { CmdLine: entry, PrependShell: shell } = told('ENTRYPOINT');
    assert.deepEqual(
      [entry, shell],
      [['/usr/local/bin/node', '/opt/dodona/dist/cli/dodona.js'], false],
    );
    assert.deepEqual([told('CMD').CmdLine, told('CMD').PrependShell], [['start'], false]);
    assert.equal(told('STOPSIGNAL').Signal, 'SIGTERM');
    const { Test: health } = told('HEALTHCHECK').Health as { Test: string[] };
    assert.deepEqual(health, ['CMD', ...(entry as string[]), 'health']);
    assert.equal(told('WORKDIR').Path, '/etc/dodona');
  });

  it('is built by what builds images, where that is', function () {
    const builder = ['docker', 'podman'].find((name) => {
      const found = findOnPath([name], process.env);
      return found !== null && spawnSync(found, ['info'], { stdio: 'ignore' }).status === 0;
    });
    if (builder === undefined) {
      console.log(
        '      no docker or podman works here: the image is not built, its steps are run',
      );
      this.skip();
    }
    this.timeout(1_200_000);
    const words = ['build', '--quiet', '--tag', 'dodona:test', '.'];
    const built = spawnSync(builder, words, { cwd: projectRoot, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    const harden = ['--read-only', '--cap-drop=ALL', '--network=none', '--init'];
    const said = spawnSync(builder, ['run', '--rm', ...harden, 'dodona:test', '--version'], {
      encoding: 'utf8',
    });
    assert.match(said.stdout, /^\d+\.\d+\.\d+$/m, said.stderr);
  });
});
