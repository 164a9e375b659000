import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { messageOf, NodeError } from '../base/node-error.js';
import { responseCodeName } from '../base/outcome.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { LocalResult, LocalSecret } from '../operations/run-function.js';
import { withFoundPrices } from '../prices/price-source.js';
import { checkValue, grantedOrigin, secretName } from '../vault/secret-limits.js';
import { chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { DEFAULT_CONFIG_FILE, EXIT_CODE_HELP } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { createLocalPrices, type LocalPrice } from './local-prices.js';
import { readAccount } from './order-options.js';
import { readFunctionFile, readGivenFile } from './read-function.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';

const HELP = `
Runs a function as the node does: the same sandbox, limits, clock and codes. It needs no node and no
configuration; with --config the rules of that node hold for hosts.

ctx.price has the latest round in the database of the node of --config (with --block, that of the
block), or asks the sources of its feed now.

Fetches go out, unless --fixture names a file of what sources say; --record writes such a file:
  {"fetches": [{"request": {"url": "https://…"}, "response": {"status": 200, "body": "{}"}}]}
Secrets come from a file: {"API_KEY": {"value": "…", "hosts": ["api.example.org"]}}

Examples:
  dodona function run price.js --args '["GAS"]' --record price.fixture.json
  dodona function run price.js --args '["GAS"]' --fixture price.fixture.json
${EXIT_CODE_HELP}
It ends with 1 when the contract would get another code than Success.`;

interface RunOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly args: string;
  readonly fixture?: string;
  readonly record?: string;
  readonly secrets?: string;
  readonly block?: string;
  readonly time?: string;
  readonly requestId: string;
  readonly requester: string;
}

type RunResult = LocalResult & { readonly prices: readonly LocalPrice[] };

const NOBODY = `0x${'0'.repeat(40)}`;

export function functionRunCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return new Command('run')
    .argument('<file>', 'source of the function: an ES module')
    .option(
      '-c, --config <file>',
      `configuration of a node (default: ${DEFAULT_CONFIG_FILE}, if any)`,
    )
    .option('--json', 'print JSON for programs instead of text for people')
    .option('--args <json>', 'its first argument', 'null')
    .option('--fixture <file>', 'what sources say, so that nothing is fetched')
    .option('--record <file>', 'write what was fetched there, as a fixture')
    .option('--secrets <file>', 'secrets with the hosts that they may be sent to')
    .option('--block <index>', 'ctx.block.index (default: 1)')
    .option('--time <iso>', "ctx.block.timeMs, and the function's clock (default: now)")
    .option('--request-id <id>', 'ctx.requestId, from which Math.random is seeded', '1')
    .option('--requester <account>', 'ctx.requester: an address or a hash', NOBODY)
    .description('run a function here as the node would')
    .addHelpText('after', HELP)
    .action(async (file: string, options: RunOptions) => {
      const result = await run(context, file, options);
      if (options.record !== undefined) await record(options.record, result);
      context.print(options.json === true ? JSON.stringify(reportOf(result)) : textOf(result));
      if (codeOf(result) !== 0) setExitCode(ExitCode.fixIt);
    });
}

async function run(
  { clock }: CommandContext,
  file: string,
  options: RunOptions,
): Promise<RunResult> {
  const { runFunction } = await import('../operations/run-function.js');
  const { openFetching } = await import('./open-fetching.js');
  const { declaredHosts } = await import('../node/open-functions.js');
  const source = readFunctionFile(file);
  const config = configOf(options);
  const named = options.block === undefined ? null : count('block', options.block);
  const block = { index: named ?? 1, timeMs: timeOf(options, clock.nowMs()) };
  const args = jsonText('args', options.args);
  const secrets = secretsOf(options.secrets);
  const fetching = await openFetching(config, clock, options.fixture);
  const prices = createLocalPrices(config, clock, named);
  // A fixture answers for prices, too.
  const fetch =
    options.fixture === undefined ? withFoundPrices(fetching.fetch, prices.find) : fetching.fetch;
  try {
    const requestId = BigInt(count('request-id', options.requestId));
    const requester = readAccount('--requester', options.requester);
    const given = { source, args, requestId, requester, block, secrets, clock };
    const hostsOf = declaredHosts(config.functions);
    const signal = new AbortController().signal;
    const result = await runFunction({ ...given, fetch, hostsOf }, signal);
    return { ...result, prices: await prices.seen() };
  } finally {
    fetching.close();
  }
}

/** The configuration of a node where there is one, or every default. */
function configOf({ config }: RunOptions): NodeConfig {
  if (config !== undefined) return loadConfig(config);
  if (existsSync(DEFAULT_CONFIG_FILE)) return loadConfig(DEFAULT_CONFIG_FILE);
  const any = { rpc: 'http://127.0.0.1', gateway: `0x${'0'.repeat(39)}1` };
  return chainSettings({ ...any, config: DEFAULT_CONFIG_FILE }).config;
}

const secretsSchema = z.record(
  z.string(),
  z.strictObject({ value: z.string(), hosts: z.array(z.string()) }),
);

function secretsOf(file: string | undefined): ReadonlyMap<string, LocalSecret> {
  if (file === undefined) return new Map();
  const text = readGivenFile('the file of secrets', file).toString();
  const read = secretsSchema.safeParse(JSON.parse(jsonText('secrets', text)));
  if (read.success) return new Map(Object.entries(read.data).map(secretOf));
  // What is wrong is told by its place alone: the text is secret.
  throw badOption('--secrets', `${read.error.issues[0]?.path.join('.')} is malformed`);
}

/** Held to what `dodona secrets set` and `grant` take. */
function secretOf([name, { value, hosts }]: [string, LocalSecret]): [string, LocalSecret] {
  try {
    checkValue(Buffer.from(value), false);
    return [secretName(name), { value, hosts: hosts.map(grantedOrigin) }];
  } catch (error) {
    throw badOption('--secrets', `${name}: ${messageOf(error)}`);
  }
}

function jsonText(name: string, text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw badOption(`--${name}`, 'it is no JSON (a text needs its quotes: \'"GAS"\')');
  }
}

function count(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw badOption(`--${name}`, 'expected a whole number');
}

function timeOf({ time }: RunOptions, nowMs: number): number {
  if (time === undefined) return Math.round(nowMs);
  const ms = Date.parse(time);
  if (!Number.isNaN(ms)) return ms;
  throw badOption('--time', 'expected a time such as 2026-11-23T12:00:00Z');
}

const badOption = (name: string, what: string): NodeError =>
  new NodeError('BAD_QUERY', `${name} cannot be used: ${what}`, {
    hint: 'see dodona function run --help',
  });

async function record(file: string, { fetches }: LocalResult): Promise<void> {
  const { fixtureOf } = await import('../operations/function-fixture.js');
  writeFileSync(file, `${JSON.stringify(fixtureOf(fetches), null, 2)}\n`);
}

const codeOf = ({ outcome }: LocalResult): number => {
  if (outcome.kind === 'answer') return outcome.code;
  return outcome.kind === 'retry' ? outcome.otherwise.code : 0xff;
};

const resultOf = ({ outcome }: LocalResult): Buffer =>
  outcome.kind === 'answer' ? outcome.result : Buffer.alloc(0);

function reportOf(result: RunResult) {
  const { codeHash, outcome, execution } = result;
  const { end: _, ...seen } = execution ?? { end: null };
  return {
    ok: codeOf(result) === 0,
    codeHash,
    code: codeOf(result),
    codeName: responseCodeName(codeOf(result)),
    result: resultOf(result).toString(),
    resultBase64: resultOf(result).toString('base64'),
    reason: outcome.reason,
    wouldBeTriedAgain: outcome.kind === 'retry',
    prices: result.prices,
    ...seen,
  };
}

function textOf(result: RunResult): string {
  const { codeHash, outcome, execution } = result;
  const bytes = resultOf(result);
  const code = responseCodeName(codeOf(result));
  const again = outcome.kind === 'retry' ? '; the node would try again first' : '';
  return [
    labelled('code', `${code}: ${outcome.reason}${again}`),
    ...(bytes.length === 0 ? [] : [labelled('result', visible(bytes.toString()))]),
    ...(execution?.logs ?? []).map((line) => labelled('log', line)),
    ...(execution?.fetches ?? []).map(({ method, url, outcome: ended, bytes: size }) =>
      labelled('fetch', `${method} ${url}: ${ended}, ${size} bytes`),
    ),
    ...result.prices.map(({ pair, text, told }) =>
      labelled('price', `${pair} ${text ?? 'has none'}: ${told}`),
    ),
    ...(execution === null ? [] : [labelled('work', workText(execution))]),
    labelled('sha256', codeHash),
  ].join('\n');
}

const workText = ({ fuel, busyMs, wallMs }: NonNullable<LocalResult['execution']>): string =>
  `${busyMs.toFixed(1)} ms busy, ${wallMs.toFixed(1)} ms in all, fuel ${fuel}`;
