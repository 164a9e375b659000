import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { commandLine } from '../cli/command-line.js';
import { commandsOf } from './doc-shell.js';
import { DOCUMENTS, fencedBlocks, readDocument } from './fenced-blocks.js';

// Blocks that would change the machine, or need what is not here: read, not run. The steps of the
// installation are run by test/deployment/image-steps.test.ts, and the compose file and the unit
// are read by their own parsers in test/deployment.

const blocks = DOCUMENTS.flatMap((page) => fencedBlocks(page, 'bash'));
const commands = blocks.flatMap(commandsOf);

/** What blocks of servers use besides the program. */
const TOOLS = new Set([
  ...['cd', 'chmod', 'chown', 'cp', 'export', 'install', 'ln', 'mkdir', 'openssl', 'rm', 'tar'],
  ...['docker', 'journalctl', 'npm', 'systemctl', 'systemd-sysusers', 'dodona', 'umask'],
]);
const VERBS = {
  systemctl: ['daemon-reload', 'enable', 'restart', 'stop'],
  compose: ['build', 'cp', 'exec', 'run', 'stop', 'up'],
  npm: ['ci', 'rebuild', 'run'],
};

/** Words of a command, without sudo and what belongs to it. */
const wordsOf = (command: string): string[] =>
  command
    .replace(/^sudo (?:-u \S+ )?/, '')
    .split(/\s+/)
    .filter((word) => word !== '');

/** The words behind `dodona` in a command, if it runs the program. */
function programWords(command: string): string[] | null {
  const words = wordsOf(command);
  if (words[0] === 'dodona') return words.slice(1);
  const at = words.findIndex((word) => word === 'exec' || word === 'run');
  if (words[0] !== 'docker' || at < 0) return null;
  const isOfDocker = (word: string, place: number, all: readonly string[]): boolean =>
    ['--rm', '-T', '-v'].includes(word) || all[place - 1] === '-v';
  const inside = words.slice(at + 1).filter((...given) => !isOfDocker(...given));
  // The service, then in a running one the program by its name; the image begins with it.
  return words[at] === 'exec' ? inside.slice(2) : inside.slice(1);
}

describe('the blocks of commands for servers', () => {
  const cli = commandLine();
  after(() => cli.remove());

  it('are what a shell reads, by tools that the page expects', () => {
    assert.ok(blocks.length >= 3 && commands.length >= 25);
    for (const { text, page, line } of blocks) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
      assert.equal(status, 0, `${page}:${line}: ${stderr}`);
    }
    for (const command of commands) {
      const [tool = '', ...rest] = wordsOf(command);
      assert.ok(TOOLS.has(tool), command);
      if (tool === 'systemctl') assert.ok(VERBS.systemctl.includes(rest[0] ?? ''), command);
      if (tool === 'npm') assert.ok(VERBS.npm.includes(rest[0] ?? ''), command);
      if (tool === 'docker') {
        assert.deepEqual(rest.slice(0, 2), ['compose', '-f'], command);
        assert.ok(VERBS.compose.includes(rest[3] ?? ''), command);
      }
    }
    assert.match(readDocument('docs/operators.md'), /but for those with `sudo`\nor `docker`/);
  });

  it('name files that the checkout or the package has, in this version', () => {
    const { version, files } = JSON.parse(
      readFileSync(join(projectRoot, 'package.json'), 'utf8'),
    ) as { version: string; files: string[] };
    const text = blocks.map((block) => block.text).join('\n');
    const named = [...text.matchAll(/(?:\/opt\/dodona\/|\s)((?:config|dist)\/\S+)/g)].map(
      ([, path = '']) => path,
    );
    assert.ok(named.length >= 6);
    for (const path of named) {
      assert.ok(files.includes(path.split('/')[0] ?? ''), path);
      const source = path.replace(/^dist\/(.*)\.js$/, 'src/$1.ts');
      assert.ok(existsSync(join(projectRoot, source)), path);
    }
    assert.ok(text.includes(`dodona-${version}.tgz`));
  });

  it('run commands of the program with options that there are', async () => {
    const runs = commands.map(programWords).filter((words) => words !== null);
    assert.ok(runs.length >= 4);
    for (const words of runs) {
      const end = words.findIndex((word) => !/^[a-z-]+$/.test(word) || word.startsWith('-'));
      const command = end < 0 ? words : words.slice(0, end);
      const { exitCode, out } = await cli.run(...command, '--help');
      assert.equal(exitCode, 0, words.join(' '));
      assert.match(out, new RegExp(`^Usage: dodona ${command.join(' ')}`), words.join(' '));
      for (const option of words.filter((word) => word.startsWith('--'))) {
        assert.ok(out.includes(option), `${words.join(' ')}: ${option}`);
      }
    }
  });
});
