import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { createLog, type LogOptions } from '../../src/telemetry/create-log.js';
import { MAX_LINE_CHARS } from '../../src/telemetry/log-line.js';

const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2025, 0, 2, 3, 4, 5, 6) };

class Sink extends Writable {
  text = '';
  isTTY = false;
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

function logTo(sink: Sink, options: Partial<LogOptions> = {}) {
  return createLog({
    level: 'debug',
    format: 'auto',
    file: null,
    maxFileBytes: 1_000_000,
    maxFiles: 3,
    clock,
    stream: sink,
    ...options,
  });
}

describe('the log', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-log-'));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('writes one JSON line an event where nobody watches', async () => {
    const sink = new Sink();
    const log = logTo(sink).child({ requestId: 12n });
    log.info('answer sent', { tx: '0xab', text: 'two\nlines', absent: undefined });
    assert.deepEqual(
      sink.lines.map((line) => JSON.parse(line)),
      [
        {
          time: '2025-01-02T03:04:05.006Z',
          level: 'info',
          event: 'answer sent',
          requestId: '12',
          tx: '0xab',
          text: 'two\nlines',
        },
      ],
    );
  });

  it('writes a readable line on a terminal', () => {
    const sink = new Sink();
    sink.isTTY = true;
    const log = logTo(sink, { colour: false });
    log.warn('endpoint left', { endpoint: 'http://127.0.0.1:1', why: 'it lags', lag: 7 });
    assert.deepEqual(sink.lines, [
      '03:04:05.006Z WARN  endpoint left endpoint=http://127.0.0.1:1 why="it lags" lag=7',
    ]);
  });

  it('colours a terminal only', () => {
    const [terminal, pipe] = [new Sink(), new Sink()];
    terminal.isTTY = true;
    for (const sink of [terminal, pipe]) logTo(sink, { format: 'pretty' }).error('x');
    assert.ok(terminal.text.includes('\u001b[31mERROR'));
    assert.ok(!pipe.text.includes('\u001b'));
  });

  it('keeps to its level', () => {
    const sink = new Sink();
    const log = logTo(sink, { level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    assert.deepEqual(
      sink.lines.map((line) => JSON.parse(line).event),
      ['c', 'd'],
    );
  });

  it('lets nobody forge a line or steer the terminal', () => {
    for (const format of ['pretty', 'json'] as const) {
      const sink = new Sink();
      const evil = 'a\n{"level":"error"}\r\u001b[2J\u009b2J\u202e\u2028\u007f';
      logTo(sink, { format }).info(evil, { [evil]: evil, nested: { [evil]: [evil] } });
      assert.equal(sink.lines.length, 1);
      assert.doesNotMatch(sink.lines[0] ?? '', /[\p{Cc}\p{Cf}\u2028]/u);
    }
  });

  it('does not let facts take the place of its own fields', () => {
    const sink = new Sink();
    logTo(sink).info('real', { event: 'fake', level: 'x', time: 0 });
    const line = JSON.parse(sink.text);
    assert.deepEqual(
      [line.event, line.level, line.event_, line.level_],
      ['real', 'info', 'fake', 'x'],
    );
  });

  it('keeps a line within its bound, and the request that it is about', () => {
    const sink = new Sink();
    const facts = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`k${index}`, 'x'.repeat(1_000)]),
    );
    const log = logTo(sink, { format: 'json' });
    log.info('large', { requestId: 5n, ...facts });
    logTo(sink, { format: 'pretty' }).info('large', facts);
    for (const line of sink.lines) assert.ok(line.length <= MAX_LINE_CHARS + 20);
    assert.equal(JSON.parse(sink.lines[0] ?? '').requestId, '5');
  });

  it('never throws, whatever it is given and wherever it writes', () => {
    const broken = new Sink();
    broken.destroy();
    const log = logTo(broken);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    log.error('a', proxy as never);
    log.child(proxy as never).error(Symbol('s') as never, null as never);
    assert.equal(log.recentTrouble().length, 2);
  });

  it('remembers the latest errors and warnings, newest first', () => {
    const log = logTo(new Sink());
    for (let index = 0; index < 30; index++) log.warn(`w${index}`, { password: 'hunter2' });
    log.info('fine');
    const recent = log.recentTrouble();
    assert.equal(recent.length, 20);
    assert.equal(recent[0]?.event, 'w29');
    assert.doesNotMatch(JSON.stringify(recent), /hunter2/);
  });

  it('writes JSON to its file too, for its owner only, and closes with all of it there', async () => {
    const file = join(dir, 'sub', 'node.log');
    const log = logTo(new Sink(), { file, format: 'pretty' });
    for (let index = 0; index < 100; index++) log.info('line', { index });
    await log.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 100);
    assert.equal(JSON.parse(lines[99] ?? '').index, 99);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('puts full files aside, keeps as many as told, and loses no line of those', async () => {
    const file = join(dir, 'turn', 'node.log');
    for (let round = 0; round < 8; round++) {
      const log = logTo(new Sink(), { file, maxFileBytes: 2_000, maxFiles: 3 });
      for (let index = 0; index < 20; index++) log.info('line', { number: round * 20 + index });
      await log.close();
    }
    assert.deepEqual(readdirSync(join(dir, 'turn')), ['node.log', 'node.log.1', 'node.log.2']);
    const numbers = [`${file}.2`, `${file}.1`, file].flatMap((path) => {
      assert.ok(statSync(path).size <= 2_000);
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line).number as number);
    });
    assert.equal(numbers.at(-1), 159);
    assert.ok(numbers.every((number, index) => number === (numbers[0] ?? 0) + index));
  });

  it('starts its only file anew when it is full', async () => {
    const file = join(dir, 'one.log');
    const log = logTo(new Sink(), { file, maxFileBytes: 1_000, maxFiles: 1 });
    for (let index = 0; index < 50; index++) log.info('line', { index });
    await log.close();
    assert.ok(statSync(file).size <= 1_000);
    assert.match(readFileSync(file, 'utf8'), /"index":49\}\n$/);
  });

  it('tells once on the stream when its file fails, and goes on', async () => {
    const sink = new Sink();
    const log = logTo(sink, { file: '/dev/full', format: 'json' });
    log.info('one');
    log.info('two');
    await log.close();
    const events = sink.lines.map((line) => JSON.parse(line).event);
    assert.deepEqual(events.filter((event) => event !== 'log file failed').sort(), ['one', 'two']);
    assert.equal(events.filter((event) => event === 'log file failed').length, 1);
  });

  it('survives the reader of its pipe going away', () => {
    const script = join(import.meta.dirname, 'log-into-closed-pipe.ts');
    const run = `"${process.execPath}" --import=tsx "${script}"`;
    const command = `${run} 2>&1 | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    assert.match(stdout, /"event":"line"/);
    assert.match(stdout, /\n7\n$/);
    assert.ok(existsSync(script));
  });
});
