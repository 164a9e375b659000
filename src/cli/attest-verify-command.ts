import { Command } from 'commander';
import { toHex } from '../base/bytes.js';
import type { Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { loadAttestationPolicy } from '../config/attestation-policy.js';
import type { Attestation } from '../operations/attestation/attestation-file.js';
import type { AttestationVerification } from '../operations/attestation/verify-attestation.js';
import type { Verdict } from '../operations/verify-bundle.js';
import { nonceOption } from './attest-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { timeText } from './human-time.js';
import { labelled } from './text-table.js';
import { checkLines } from './verify-draw.js';

const HELP = `
Verifies an attestation on any machine, without a node, a configuration or a network: the signatures
of the quote up to the maker of the processor, how far the platform is patched, what was measured at
its start, that the quote speaks for the fields in the file, and that it is recent. What counts is
for your policy to say; docs/attestation.md explains it key by key.

A quote of Intel TDX is held against its collateral, in the file or in --collateral. The time of the
looking is now, or --at: collateral is valid for a month. That the attestation is recent rests on a
block: the policy names the accounts of consensus, whose signatures stand in the file, or --rpc asks
a Neo node for it.

Verdicts: verified; differs (something is not what it must be); unproven (nothing is wrong, but
something could not be shown). The last two exit with 1.

Examples:
  dodona attest verify attestation.json --policy policy.yaml
  dodona attest verify attestation.json --policy policy.yaml --at 2025-06-20T00:00:00Z
${EXIT_CODE_HELP}`;

interface VerifyOptions {
  readonly policy: string;
  readonly collateral?: string;
  readonly at?: string;
  readonly nonce?: string;
  readonly rpc?: string;
  readonly json?: boolean;
}

export function attestVerifyCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return new Command('verify')
    .argument('<file>', 'an attestation, as `dodona attest` wrote it')
    .requiredOption('--policy <file>', 'what it must say to be taken')
    .option(
      '--collateral <file>',
      'what Intel publishes of the platform, instead of that in the file',
    )
    .option('--at <time>', 'verify as of then, ISO 8601 with its zone (default: now)')
    .option('--nonce <hex>', 'the 32 bytes that you asked the node to put in')
    .option('--rpc <url>', 'a Neo node, to ask for the block')
    .option('--json', 'print JSON for programs instead of text for people')
    .description('hold an attestation against a policy, offline')
    .addHelpText('after', HELP)
    .action(async (file: string, options: VerifyOptions) => {
      const { attestation, verification } = await verify(context, file, options);
      const isVerified = verification.verdict === 'verified';
      if (options.json === true) {
        const facts = factsOf(attestation);
        context.print(JSON.stringify({ ok: isVerified, ...verification, ...facts }));
      } else context.print(verificationText(attestation, verification));
      if (!isVerified) setExitCode(ExitCode.fixIt);
    });
}

async function verify(
  { clock }: CommandContext,
  file: string,
  { policy: policyFile, collateral: collateralFile, at, nonce, rpc }: VerifyOptions,
): Promise<{ attestation: Attestation; verification: AttestationVerification }> {
  const { readAttestation } = await import('../operations/attestation/attestation-file.js');
  const { readCollateralFile } = await import('../operations/attestation/collateral.js');
  const { verifyAttestation } = await import('../operations/attestation/verify-attestation.js');
  const policy = loadAttestationPolicy(policyFile);
  const attestation = readAttestation(file);
  const collateral = collateralFile === undefined ? null : readCollateralFile(collateralFile);
  const atMs = at === undefined ? clock.nowMs() : timeOption(at);
  const onChain = rpc === undefined ? {} : { onChain: await hashOnChain(rpc, attestation, clock) };
  const known = { atMs, nonce: nonceOption(nonce), ...onChain };
  const verification = verifyAttestation(attestation, { policy, collateral, known });
  return { attestation, verification };
}

function timeOption(text: string): number {
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new NodeError('BAD_QUERY', 'the value of --at is no time', {
    hint: 'expected ISO 8601 with its zone, such as 2025-06-20T00:00:00Z',
  });
}

async function hashOnChain(
  url: string,
  { fields }: Attestation,
  clock: CommandContext['clock'],
): Promise<Hash256 | null> {
  const { createRpcClient } = await import('../chain/rpc.js');
  const { readBlockHash } = await import('../chain/block-header.js');
  const { requireRpcUrl } = await import('./rpc-url.js');
  const rpc = createRpcClient({ url: requireRpcUrl(url), clock });
  try {
    return await readBlockHash(rpc, fields.block.index, {});
  } finally {
    rpc.close();
  }
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  verified: 'verified',
  differs: 'DIFFERS: something is not what it must be',
  unproven: 'UNPROVEN: nothing is wrong, but something could not be shown',
};

/** What an attestation claims; it counts for something only when it is verified. */
function factsOf({ provider, tee, fields }: Attestation) {
  const { block, nodeAccount, gateway, magic, buildDigest } = fields;
  return { provider, tee, gateway, magic, nodeAccount, buildDigest: toHex(buildDigest), block };
}

function verificationText(
  attestation: Attestation,
  { verdict, checks }: AttestationVerification,
): string {
  const { provider, tee, fields, version } = attestation;
  const { block, gateway, magic } = fields;
  return [
    `Attestation: ${VERDICTS[verdict]}`,
    labelled('made by', `${provider} (${tee}), Dodona ${version}`),
    labelled('gateway', `${gateway} on network ${magic}`),
    labelled('block', `${block.index} of ${timeText(block.timeMs)} UTC`),
    '',
    ...checkLines(checks),
  ].join('\n');
}
