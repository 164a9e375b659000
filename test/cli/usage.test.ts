import assert from 'node:assert/strict';
import type { CommandContext } from '../../src/cli/command-context.js';
import { COMMANDS as COMMAND_TABLE } from '../../src/cli/command-table.js';
import { commandLine, longestLine } from './command-line.js';

const COMMANDS = [
  ['start'],
  ['doctor'],
  ['status'],
  ['explain'],
  ['requests', 'list'],
  ['config', 'validate'],
  ['config', 'show'],
  ['keys', 'list'],
  ['keys', 'create'],
  ['keys', 'import'],
  ['keys', 'export-public'],
  ['keys', 'propose'],
  ['keys', 'rotate'],
  ['keys', 'revoke'],
  ['keys', 'status'],
  ['secrets', 'set'],
  ['secrets', 'list'],
  ['secrets', 'grant'],
  ['secrets', 'revoke'],
  ['secrets', 'delete'],
  ['secrets', 'rotate'],
  ['secrets', 'public-key'],
  ['secrets', 'encrypt'],
  ['audit', 'list'],
  ['audit', 'verify'],
  ['verify'],
  ['evidence', 'export'],
  ['evidence', 'status'],
  ['evidence', 'secret'],
  ['estimate'],
  ['gasbank', 'balance'],
  ['gasbank', 'history'],
  ['gasbank', 'forecast'],
  ['gasbank', 'reconcile'],
  ['gasbank', 'rebuild'],
  ['gasbank', 'deposit'],
  ['gasbank', 'withdraw'],
  ['gasbank', 'collect'],
  ['gasbank', 'sponsor'],
  ['backup', 'create'],
  ['backup', 'verify'],
  ['restore'],
  ['drill', 'empty-wallet'],
  ['drill', 'close'],
];

/** They need no node: all is in what they are given. */
const WITHOUT_CONFIG = [
  'attest digest',
  'attest verify',
  'backup verify',
  'gateway deploy',
  'gateway hash',
  'upkeeps simulate',
];

describe('the dodona command line', () => {
  const cli = commandLine();
  after(() => cli.remove());

  it('prints its help and version', async () => {
    const { exitCode, out, err } = await cli.run('--help');
    assert.equal(exitCode, 0);
    assert.equal(err, '');
    for (const [name = ''] of COMMANDS) assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
    assert.deepEqual(await cli.run('--version'), { exitCode: 0, out: '0.1.0\n', err: '' });
  });

  it('imports a command by the name that it has', async () => {
    for (const [name, load] of COMMAND_TABLE) {
      const command = await load({} as CommandContext, () => undefined);
      assert.equal(command.name(), name);
    }
  });

  /** The help of every command that has no others below it, by its words. */
  async function helpOfAll(words: readonly string[] = []): Promise<Map<string, string>> {
    const { exitCode, out } = await cli.run(...words, '--help');
    assert.equal(exitCode, 0, words.join(' '));
    const [, below = ''] = /^Commands:\n((?: {2}.*\n?)*)/m.exec(out) ?? [];
    const names = [...below.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
    const inner = names.filter((name) => name !== 'help');
    if (inner.length === 0) return new Map([[words.join(' '), out]]);
    const all = new Map<string, string>();
    for (const name of inner) {
      for (const [key, text] of await helpOfAll([...words, name])) all.set(key, text);
    }
    return all;
  }

  it('explains every command: options, exit codes, 100 columns at most', async () => {
    const helps = await helpOfAll();
    for (const command of COMMANDS) assert.ok(helps.has(command.join(' ')), command.join(' '));
    assert.ok(helps.size > COMMANDS.length);
    for (const [command, help] of helps) {
      for (const pattern of [/--json/, /Exit codes: 0 done, 1 .*, 75 /]) {
        assert.match(help, pattern, command);
      }
      assert.ok(longestLine(help) <= 100, command);
    }
    const withoutNode = [...helps].filter(([, help]) => !help.includes('--config <file>'));
    assert.deepEqual(withoutNode.map(([command]) => command).sort(), WITHOUT_CONFIG);
  });

  it('suggests the nearest command or option for one that it does not know', async () => {
    const cases: [string[], RegExp, string][] = [
      [['explian', '1'], /unknown command 'explian'\n\(Did you mean explain\?\)/, 'dodona'],
      [['requests', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/, 'dodona requests'],
      [['status', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/, 'dodona status'],
      [['explain'], /missing required argument 'id'/, 'dodona explain'],
      [['upkeeps', 'show', '1', '2'], /too many arguments/, 'dodona upkeeps show'],
    ];
    for (const [words, pattern, command] of cases) {
      const { exitCode, out, err } = await cli.run(...words);
      assert.equal(exitCode, 1, words.join(' '));
      assert.equal(out, '');
      assert.match(err, pattern);
      assert.ok(err.endsWith(`\nto do: see ${command} --help\n`), err);
    }
  });

  it('shows the help, as a failure, where a command is missing', async () => {
    for (const words of [[], ['requests'], ['config'], ['gasbank']]) {
      const { exitCode, out, err } = await cli.run(...words);
      assert.equal(exitCode, 1);
      assert.equal(out, '');
      assert.match(err, /^Usage: dodona/);
    }
  });

  it('tells every failure as one JSON object when JSON was asked for', async () => {
    const cases: [string[], string][] = [
      [['explain', '--json'], 'USAGE'],
      [['explain', 'x', '--json'], 'BAD_QUERY'],
      [['status', '--json', '--config', '/nowhere.yaml'], 'CONFIG_READ'],
      [['status', '--json', '--config', cli.configFile], 'DB_OPEN'],
      [['requests', 'list', '--state', 'lost', '--json'], 'BAD_QUERY'],
    ];
    for (const [words, code] of cases) {
      const { exitCode, out, err } = await cli.run(...words);
      const answer = JSON.parse(out);
      assert.equal(exitCode, 1);
      assert.equal(err, '');
      assert.deepEqual([answer.ok, answer.exitCode, answer.error.code], [false, 1, code]);
    }
  });

  it('says what was wrong, what it expected and what to do', async () => {
    const { exitCode, err } = await cli.run('requests', 'list', '--state', 'lost');
    assert.equal(exitCode, 1);
    assert.match(err, /^error: state is "lost"\nto do: expected one of received, resolved, /);
  });
});
