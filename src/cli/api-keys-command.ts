import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { SCOPES, type Scope } from '../api/access.js';
import { createApiKeyStore, type StoredApiKey } from '../api/api-key-store.js';
import {
  type ApiKeys,
  createApiKeys,
  DEFAULT_OVERLAP_MS,
  type IssuedApiKey,
  stateOf,
} from '../api/api-keys.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { withBooks } from './open-books.js';
import { withVault } from './open-vault-desk.js';
import { textTable } from './text-table.js';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const CREATE_HELP = `
Prints the token of the new key, this once: only its hash is stored. A running node takes it at
once.

Scopes:
  read           status, requests, functions, gas bank, prices, upkeeps, keys, alerts, events
  evidence:read  what answers came from
  audit:read     the audit log
  secrets:read   names and grants of all secrets
  secrets:write  secrets and grants of all owners; api.readOnly must be false
  admin          all of it, and keys

Examples:
  dodona api-keys create --name grafana --scope read
  dodona api-keys create --name auditor --scope audit:read --scope evidence:read --expires-in 90d
${EXIT_CODE_HELP}`;

const ROTATE_HELP = `
Makes a key of the same scopes and expiry, and prints its token, this once. The old one works on for
the overlap.

Example:
  dodona api-keys rotate 3f9a1c22d01b --overlap 1h
${EXIT_CODE_HELP}`;

interface CreateOptions extends CommonOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expiresIn?: string;
}

const another = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export function apiKeysCommand(context: CommandContext): Command {
  return new Command('api-keys')
    .description('keys of the API: made, listed, rotated, revoked')
    .addCommand(createCommand(context))
    .addCommand(listCommand(context))
    .addCommand(rotateCommand(context))
    .addCommand(revokeCommand(context))
    .addHelpText('after', '\nSee `dodona api-keys create --help`.');
}

function createCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('create'))
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', `one of ${SCOPES.join(', ')}; may be given again`, another, [])
    .option('--expires-in <duration>', 'when it ends, such as 12h or 90d (default: never)')
    .description('make a key; its token is shown this once')
    .addHelpText('after', CREATE_HELP)
    .action(async ({ name, scope, expiresIn, ...options }: CreateOptions) => {
      const scopes = scope.map(scopeOf);
      const nowMs = context.clock.nowMs();
      const expiresMs = expiresIn === undefined ? null : nowMs + durationOf(expiresIn);
      const issued = await withKeys(context, options, (keys, actor) =>
        keys.create({ name, scopes, expiresMs, actor }),
      );
      tellIssued(context, options, issued);
    });
}

function listCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('list'))
    .description('keys, oldest first; never their secrets')
    .addHelpText('after', EXIT_CODE_HELP)
    .action(async (options: CommonOptions) => {
      const keys = await withBooks(loadConfig(options.config), (db) => createApiKeyStore(db).all());
      const nowMs = context.clock.nowMs();
      const shown = keys.map((key) => viewOf(key, nowMs));
      if (options.json === true) context.print(JSON.stringify({ ok: true, keys: shown }));
      else context.print(shown.length === 0 ? 'No key.' : tableOf(shown));
    });
}

function rotateCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('rotate'))
    .argument('<id>', '12 hex digits')
    .option('--overlap <duration>', 'how long the old key works on (default: 24h)')
    .description('make a key in the place of one')
    .addHelpText('after', ROTATE_HELP)
    .action(async (id: string, options: CommonOptions & { readonly overlap?: string }) => {
      const { overlap } = options;
      const overlapMs = overlap === undefined ? DEFAULT_OVERLAP_MS : durationOf(overlap);
      const issued = await withKeys(context, options, (keys, actor) =>
        keys.rotate(id, overlapMs, actor),
      );
      tellIssued(context, options, issued);
    });
}

function revokeCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('revoke'))
    .argument('<id>', '12 hex digits')
    .description('from now on the key opens nothing')
    .addHelpText('after', EXIT_CODE_HELP)
    .action(async (id: string, options: CommonOptions) => {
      await withKeys(context, options, (keys, actor) => keys.revoke(id, actor));
      context.print(options.json === true ? JSON.stringify({ ok: true }) : `${id} is revoked.`);
    });
}

const withKeys = <T>(
  context: CommandContext,
  { config }: CommonOptions,
  work: (keys: ApiKeys, actor: string) => T,
): Promise<T> =>
  withVault(context, loadConfig(config), ({ db, audit, actor }) => {
    const { clock } = context;
    return work(createApiKeys({ db, audit, clock, random: randomBytes }), actor);
  });

function tellIssued(
  context: CommandContext,
  { json }: CommonOptions,
  { key, token }: IssuedApiKey,
): void {
  const { id, name, scopes } = key;
  if (json === true) context.print(JSON.stringify({ ok: true, id, name, scopes, token }));
  else context.print(`Key ${id} (${name}): ${scopes.join(', ')}\n\n${token}\n\nShown this once.`);
}

function scopeOf(text: string): Scope {
  const scope = SCOPES.find((known) => known === text);
  if (scope !== undefined) return scope;
  throw badOption(`scope is ${JSON.stringify(text)}`, `one of ${SCOPES.join(', ')}`);
}

function durationOf(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw badOption(`the duration is ${JSON.stringify(text)}`, 'one such as 30m, 12h or 90d');
}

const badOption = (problem: string, expected: string): NodeError =>
  new NodeError('BAD_QUERY', problem, { hint: `expected ${expected}` });

const viewOf = (key: StoredApiKey, nowMs: number) => {
  const { secretHash: _, ...view } = key;
  return { ...view, state: stateOf(key, nowMs) };
};

type KeyView = ReturnType<typeof viewOf>;

const dayOf = (ms: number | null, none: string): string => (ms === null ? none : timeText(ms));

const tableOf = (keys: readonly KeyView[]): string =>
  textTable(
    [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'SCOPES' },
      { title: 'STATE' },
      { title: 'EXPIRES' },
      { title: 'LAST USED' },
    ],
    keys.map(({ id, name, scopes, state, expiresMs, lastUsedMs }) => [
      ...[id, name, scopes.join(' '), state],
      ...[dayOf(expiresMs, 'never'), dayOf(lastUsedMs, 'never')],
    ]),
  );
