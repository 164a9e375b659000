import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { toHex } from '../base/bytes.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { Attestation } from '../operations/attestation/attestation-file.js';
import type { Collateral } from '../operations/attestation/collateral.js';
import { attestDigestCommand } from './attest-digest-command.js';
import { nonceOption } from './attest-options.js';
import { attestVerifyCommand } from './attest-verify-command.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { openChain } from './open-chain.js';
import { labelled } from './text-table.js';

const HELP = `
Asks the machine's trusted execution environment (attestation.provider) for a quote: a statement
signed by the processor, of what was measured at its start, that carries a hash of the node's
account and key, its random key, its key for secrets, the gateway, the build digest and the latest
block. Quote and fields go into attestation.json in storage.dir, or into --out; anybody can hold it
against a policy with \`dodona attest verify\`. Nothing secret is in it.

Where there is no such environment, there is no attestation. What one proves, and what it does not,
is in docs/attestation.md.

Examples:
  dodona attest
  dodona attest --nonce $(openssl rand -hex 32) --out attestation.json --fetch-collateral
  dodona attest verify attestation.json --policy policy.yaml
  dodona attest digest
${EXIT_CODE_HELP}`;

interface AttestOptions extends CommonOptions {
  readonly out?: string;
  readonly nonce?: string;
  readonly collateral?: string;
  readonly fetchCollateral?: boolean;
}

/** What `attest --json` prints. */
interface AttestReport {
  readonly ok: true;
  readonly provider: string;
  readonly tee: string;
  readonly file: string;
  readonly block: Attestation['fields']['block'];
  readonly nodeAccount: Hash160;
  /** Hex. */
  readonly buildDigest: string;
  readonly hasCollateral: boolean;
  /** What a reader should know before he passes it on. */
  readonly notes: readonly string[];
}

export function attestCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return (
    withCommonOptions(new Command('attest'))
      .description("bind the node's keys to trusted hardware, and verify such a binding")
      .option('--out <file>', 'a new file to write to (default: attestation.json in storage.dir)')
      .option('--nonce <hex>', 'put these 32 bytes in: whoever chose them knows that it is new')
      .option('--collateral <file>', 'put in what Intel publishes of the platform, from a file')
      .option('--fetch-collateral', 'the same, from attestation.collateralUrl')
      .addHelpText('after', HELP)
      // What stands behind `verify` is verify's.
      .enablePositionalOptions()
      .addCommand(attestVerifyCommand(context, setExitCode))
      .addCommand(attestDigestCommand(context))
      .action(async (options: AttestOptions) => {
        const report = await attest(context, options);
        context.print(options.json === true ? JSON.stringify(report) : reportText(report));
      })
  );
}

async function attest(context: CommandContext, options: AttestOptions): Promise<AttestReport> {
  const { attestationFile } = await import('../node/attestation-status.js');
  const { attestationText } = await import('../operations/attestation/attestation-file.js');
  const config = loadConfig(options.config);
  const { attestation, nodeAccount } = await make(context, config, options);
  const text = attestationText(attestation);
  const last = attestationFile(config);
  if (options.out !== undefined) write(options.out, text, 'wx');
  write(`${last}.next`, text, 'w');
  renameSync(`${last}.next`, last);
  const { provider, tee, fields, collateral } = attestation;
  return {
    ok: true,
    provider,
    tee,
    file: options.out ?? last,
    block: fields.block,
    nodeAccount: fields.nodeAccount,
    buildDigest: toHex(fields.buildDigest),
    hasCollateral: collateral !== null,
    notes: notesOf(attestation, nodeAccount),
  };
}

async function make(
  context: CommandContext,
  config: NodeConfig,
  options: AttestOptions,
): Promise<{ attestation: Attestation; nodeAccount: Hash160 | null }> {
  const open = await import('../node/open-attestation.js');
  const { makeAttestation } = await import('../operations/attestation/make-attestation.js');
  const { programDigest } = await import('./program-digest.js');
  const { clock, version } = context;
  const nonce = nonceOption(options.nonce);
  const provider = open.openQuoteProvider(config, clock);
  provider.requirePresent();
  const collateralOf = await collateralSource(context, config, options);
  const buildDigest = programDigest().digest;
  const { gateway, network } = config;
  const chain = await openChain({ config, magic: network.magic }, clock);
  try {
    const keys = await open.attestedKeys(config, chain.facts, context.clock);
    const { raw: blockHeader, header } = await open.latestHeader(chain.rpc);
    const block = { index: header.index, hash: header.hash, timeMs: header.timeMs };
    const served = { magic: network.magic, gateway: gateway.hash };
    const fields = { ...served, ...keys, buildDigest, block, nonce };
    const parts = { provider, fields, blockHeader, version, clock, collateralOf };
    return { attestation: await makeAttestation(parts), nodeAccount: chain.facts.nodeAccount };
  } finally {
    chain.close();
  }
}

type CollateralOf = (quote: Buffer) => Promise<Collateral | null>;

/** A file that cannot be read is found before anything is asked of the hardware. */
async function collateralSource(
  { clock }: CommandContext,
  config: NodeConfig,
  { collateral: file, fetchCollateral: isFetched }: AttestOptions,
): Promise<CollateralOf> {
  const { readCollateralFile } = await import('../operations/attestation/collateral.js');
  const given = file === undefined ? null : readCollateralFile(file);
  if (isFetched !== true) return async () => given;
  const { collateralUrl: baseUrl } = config.attestation;
  if (baseUrl === null || given !== null) {
    const problem = given === null ? 'attestation.collateralUrl is not set' : 'give only one';
    throw new NodeError('BAD_QUERY', `--fetch-collateral does not go: ${problem}`, {
      hint: 'set the URL of a PCCS in the configuration, or give --collateral FILE alone',
    });
  }
  const { attestationTime } = await import('../node/open-attestation.js');
  const { fetchCollateral } = await import('../operations/attestation/fetch-collateral.js');
  const withinTime = attestationTime(config, clock);
  return (quote) => fetchCollateral(quote, { baseUrl, withinTime });
}

function write(file: string, text: string, flag: 'w' | 'wx'): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o644, flag });
  } catch (cause) {
    throw new NodeError('ATTESTATION_FILE', `cannot write ${file}: ${messageOf(cause)}`, {
      hint: 'name a new file in a directory that you may write to',
    });
  }
}

function notesOf({ fields, collateral }: Attestation, nodeAccount: Hash160 | null): string[] {
  const known = nodeAccount === null ? 'none' : hash160ToAddress(nodeAccount);
  return [
    ...(fields.nodeAccount === nodeAccount
      ? []
      : [`the gateway takes answers of ${known}, not of the attested account`]),
    ...(fields.randomPublicKey === null ? ['the node holds no key of random numbers'] : []),
    ...(fields.secretsPublicKey === null ? ['the node has no key for secrets yet'] : []),
    ...(collateral === null ? ['a verifier needs the collateral of the quote besides'] : []),
  ];
}

function reportText(report: AttestReport): string {
  const { provider, tee, file, block, nodeAccount, buildDigest, notes } = report;
  return [
    labelled('attested', `by ${provider} (${tee}), in ${file}`),
    labelled('account', `${nodeAccount} (${hash160ToAddress(nodeAccount)})`),
    labelled('program', buildDigest),
    labelled('block', `${block.index} of ${timeText(block.timeMs)} UTC, ${block.hash}`),
    ...notes.map((note) => labelled('note', note)),
  ].join('\n');
}
