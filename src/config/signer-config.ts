import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { withSections } from './config-layers.js';
import { configInvalid } from './config-problem.js';
import { logSchema } from './config-schema.js';
import { type LogConfig, logConfig } from './log-config.js';
import { schemaProblems } from './schema-problems.js';
import { account, contractHash, filePath, gasAmount, integer, oneOf } from './value-kinds.js';
import { listOf } from './value-schema.js';
import { placesIn, readYaml, type YamlSource } from './yaml-source.js';

/**
 * What a policy can allow. Methods of the gateway by their names; `deposit` and `transfer` move
 * GAS, to the gateway and to accounts that the policy names.
 */
export const SIGNABLE = [
  'respond',
  'expire',
  'submitPrices',
  'performUpkeeps',
  'requestHttp',
  'takeResult',
  'collect',
  'withdraw',
  'proposeRandomKey',
  'proposeNodeAccount',
  'acceptNodeAccount',
  'deposit',
  'transfer',
] as const;
export type Signable = (typeof SIGNABLE)[number];

/** What the signer signs. */
export interface SignerPolicy {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly allowed: readonly Signable[];
  /** Where GAS may be moved to, besides the account itself and the gateway. */
  readonly payTo: readonly Hash160[];
  /** System and network fee of one transaction. */
  readonly maxFeeDatoshi: Datoshi;
  /** Fees, and GAS that is moved, within any hour. */
  readonly maxPerHourDatoshi: Datoshi;
}

/** Who may connect: the signer's user alone, or his group, too. */
export type SocketAccess = 'owner' | 'group';

/** The configuration of `dodona signer`; signer.config.example.yaml explains it. */
export interface SignerConfig {
  /** The file it was read from, absolute. */
  readonly file: string;
  readonly policy: SignerPolicy;
  readonly wallet: { readonly file: string; readonly passwordFile: string | null };
  readonly socket: { readonly path: string; readonly access: SocketAccess };
  /** Directory of what was spent in the last hour. */
  readonly stateDir: string;
  readonly maxConnections: number;
  readonly log: LogConfig;
}

const network = z.strictObject({ magic: integer(1, 2 ** 32 - 1, "the network's number") });
const gateway = z.strictObject({ hash: contractHash() });
const wallet = z.strictObject({ file: filePath(), passwordFile: filePath().optional() });
const socket = z.strictObject({
  path: filePath(),
  access: oneOf('owner', 'group').prefault('owner'),
  maxConnections: integer(1, 64, 'a number of connections').prefault('8'),
});
const state = z.strictObject({ dir: filePath().prefault('./signer-state') });
const policy = z.strictObject({
  allow: listOf(oneOf(...SIGNABLE), 1, SIGNABLE.length).prefault([
    'respond',
    'expire',
    'submitPrices',
    'performUpkeeps',
  ]),
  payTo: listOf(account(), 0, 16).prefault([]),
  maxFee: gasAmount('0.01', '1500').prefault('10.5 GAS'),
  maxPerHour: gasAmount('0.01', '1000000').prefault('50 GAS'),
});

/** The signer's file, key by key. Unknown keys are refused at every level. */
export const signerSchema = z.strictObject({
  network,
  gateway,
  wallet,
  socket,
  state: state.prefault({}),
  policy: policy.prefault({}),
  log: logSchema.prefault({}),
});

/** A page is enough. */
const MAX_FILE_BYTES = 65_536;
const HINT = 'every key is explained in signer.config.example.yaml';

/**
 * Reads the configuration of a signer; touches no other file. Throws a NodeError: CONFIG_READ, or
 * CONFIG_INVALID with every problem, its place, what was expected and what to do.
 */
export function loadSignerConfig(path: string): SignerConfig {
  const file = resolve(path);
  const source = readYaml(file, readText(file));
  if (Array.isArray(source)) throw configInvalid(file, source, 'CONFIG_INVALID', HINT);
  const { data } = source as YamlSource;
  const whole = withSections(signerSchema, data);
  const layers = { data: whole, placeFor: placesIn(source as YamlSource) };
  const result = signerSchema.safeParse(whole);
  if (result.success) return signerConfig(file, result.data);
  const problems = schemaProblems(layers, result.error, signerSchema);
  throw configInvalid(file, problems, 'CONFIG_INVALID', HINT);
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NodeError(
      'CONFIG_READ',
      `cannot read the signer's configuration ${file}: ${messageOf(cause)}`,
      { cause, hint: 'give its path with --config FILE; signer.config.example.yaml is a start' },
    );
  }
}

function signerConfig(file: string, values: z.output<typeof signerSchema>): SignerConfig {
  const path = (text: string): string => resolve(dirname(file), text);
  const { network, gateway, wallet, socket, state, policy, log } = values;
  const { passwordFile } = wallet;
  return {
    file,
    policy: {
      magic: network.magic,
      gateway: gateway.hash,
      allowed: policy.allow,
      payTo: policy.payTo,
      maxFeeDatoshi: policy.maxFee,
      maxPerHourDatoshi: policy.maxPerHour,
    },
    wallet: {
      file: path(wallet.file),
      passwordFile: passwordFile === undefined ? null : path(passwordFile),
    },
    socket: { path: path(socket.path), access: socket.access },
    stateDir: path(state.dir),
    maxConnections: socket.maxConnections,
    log: logConfig(log, path),
  };
}
