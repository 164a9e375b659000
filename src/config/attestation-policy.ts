import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Hash160 } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { configInvalid } from './config-problem.js';
import { schemaProblems } from './schema-problems.js';
import {
  account,
  contractHash,
  duration,
  filePath,
  integer,
  oneOf,
  quote,
  sha256,
} from './value-kinds.js';
import { expectedBy, listOf, valueSchema } from './value-schema.js';
import { placesIn, readYaml, type YamlSource } from './yaml-source.js';

/** Values in hex that are allowed, or every value. */
export type AllowedBytes = 'any' | readonly string[];

/** What a quote of Intel TDX must say. */
export interface TdxPolicy {
  readonly tcbStatus: readonly string[];
  /** Of Intel's evaluations, which are numbered. */
  readonly minTcbEvaluation: number;
  /** PEM of the root to trust; null: Intel's. */
  readonly rootCa: string | null;
  readonly mrTd: AllowedBytes;
  readonly rtMr0: AllowedBytes;
  readonly rtMr1: AllowedBytes;
  readonly rtMr2: AllowedBytes;
  readonly rtMr3: AllowedBytes;
  readonly mrConfigId: AllowedBytes;
  readonly mrOwner: AllowedBytes;
  readonly mrOwnerConfig: AllowedBytes;
  readonly mrSeam: AllowedBytes;
}

/** What an attestation must say to be taken. */
export interface AttestationPolicy {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly nodeAccount: 'any' | readonly Hash160[];
  /** Hex. */
  readonly buildDigest: AllowedBytes;
  readonly randomKey: AllowedBytes;
  readonly secretsKey: AllowedBytes;
  readonly maxAgeMs: number;
  /** Accounts of consensus, as headers name them; empty: blocks are proven by other means. */
  readonly consensus: readonly Hash160[];
  readonly tdx: TdxPolicy | null;
}

/** A policy is half a page. */
export const MAX_POLICY_BYTES = 65_536;
const MAX_ALLOWED = 64;
const MEASUREMENT_BYTES = 48;
const RANDOM_KEY_BYTES = 96;
const SECRETS_KEY_BYTES = 32;

/** What Intel may say of a platform that can be allowed at all: never Revoked. */
const ALLOWABLE_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
] as const;

const hexBytes = (bytes: number) =>
  valueSchema<string>({
    expected: `${2 * bytes} hex digits`,
    read(text) {
      const isHex = text.length === 2 * bytes && /^[0-9a-f]+$/i.test(text);
      if (!isHex) throw new RangeError(`got ${quote(text)}`);
      return text.toLowerCase();
    },
    write: String,
  });

function anyOr<T extends z.ZodType>(item: T) {
  const list = listOf(item, 1, MAX_ALLOWED);
  return z.union([oneOf('any'), list]).meta({ expected: `any or ${expectedBy(list)}` });
}

const measurement = () => anyOr(hexBytes(MEASUREMENT_BYTES));
const unused = () => measurement().prefault(['00'.repeat(MEASUREMENT_BYTES)]);

const tdx = z.strictObject({
  tcbStatus: listOf(oneOf(...ALLOWABLE_STATUSES), 1, ALLOWABLE_STATUSES.length).prefault([
    'UpToDate',
  ]),
  minTcbEvaluation: integer(0, 1_000_000, "a number of Intel's evaluations").prefault('0'),
  rootCa: filePath().optional(),
  mrTd: measurement(),
  rtMr0: measurement(),
  rtMr1: measurement(),
  rtMr2: measurement(),
  rtMr3: measurement(),
  mrConfigId: unused(),
  mrOwner: unused(),
  mrOwnerConfig: unused(),
  mrSeam: measurement().prefault('any'),
});

/** What a policy may say, key by key. Unknown keys are refused. */
export const policySchema = z.strictObject({
  magic: integer(1, 2 ** 32 - 1, "the network's number"),
  gateway: contractHash(),
  nodeAccount: anyOr(account()),
  buildDigest: anyOr(sha256()),
  randomKey: anyOr(hexBytes(RANDOM_KEY_BYTES)).prefault('any'),
  secretsKey: anyOr(hexBytes(SECRETS_KEY_BYTES)).prefault('any'),
  maxAge: duration('1m', '3650d').prefault('1d'),
  consensus: listOf(account(), 0, MAX_ALLOWED).prefault([]),
  tdx: tdx.optional(),
});

const HINT = 'what a policy may say is in docs/attestation.md';

/**
 * Reads a policy. Throws a NodeError: ATTESTATION_POLICY when it cannot be read, and with every
 * problem, each with its place, when it says what it may not.
 */
export function loadAttestationPolicy(path: string): AttestationPolicy {
  const file = resolve(path);
  const source = readYaml(file, readText(file));
  if (Array.isArray(source)) throw invalid(file, source);
  const { data } = source as YamlSource;
  const result = policySchema.safeParse(data);
  if (!result.success) {
    const layers = { data, placeFor: placesIn(source as YamlSource) };
    throw invalid(file, schemaProblems(layers, result.error, policySchema));
  }
  const { maxAge: maxAgeMs, tdx: tdxValues, ...values } = result.data;
  return { ...values, maxAgeMs, tdx: tdxValues === undefined ? null : tdxPolicy(file, tdxValues) };
}

const tdxPolicy = (file: string, { rootCa, ...values }: z.output<typeof tdx>): TdxPolicy => ({
  ...values,
  rootCa: rootCa === undefined ? null : readText(resolve(dirname(file), rootCa)),
});

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_POLICY_BYTES) {
      throw new RangeError(`it has ${size} bytes, at most ${MAX_POLICY_BYTES} are read`);
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NodeError('ATTESTATION_POLICY', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: HINT,
    });
  }
}

const invalid = (file: string, problems: Parameters<typeof configInvalid>[1]): NodeError =>
  configInvalid(file, problems, 'ATTESTATION_POLICY', HINT);
