import assert from 'node:assert/strict';
import { commandLine, longestLine } from './command-line.js';

const COMMANDS = [
  ['start'],
  ['status'],
  ['explain'],
  ['requests', 'list'],
  ['config', 'validate'],
  ['config', 'show'],
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

  for (const command of COMMANDS) {
    it(`explains ${command.join(' ')}: options, exit codes, 100 columns at most`, async () => {
      const { exitCode, out } = await cli.run(...command, '--help');
      assert.equal(exitCode, 0);
      for (const pattern of [/--config <file>/, /--json/, /Exit codes: 0 done, 1 .*, 75 /]) {
        assert.match(out, pattern);
      }
      assert.ok(longestLine(out) <= 100);
    });
  }

  it('suggests the nearest command or option for one that it does not know', async () => {
    const cases: [string[], RegExp][] = [
      [['explian', '1'], /unknown command 'explian'\n\(Did you mean explain\?\)/],
      [['requests', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
      [['status', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
      [['explain'], /missing required argument 'id'/],
      [['explain', '1', '2'], /too many arguments/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await cli.run(...words);
      assert.equal(exitCode, 1, words.join(' '));
      assert.equal(out, '');
      assert.match(err, pattern);
      assert.match(err, /to do: see dodona --help/);
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
