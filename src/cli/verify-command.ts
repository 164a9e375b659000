import { Command } from 'commander';
import { parseRequestId } from '../api/request-query.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { BundleFile } from '../evidence/bundle-file.js';
import type { Check, ExpectedHash, Verdict, Verification } from '../operations/verify-bundle.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { openBundleFile, readRecordedBundle, requireRecordedBundle } from './open-bundle.js';
import { requireRpcUrl } from './rpc-url.js';
import { labelled } from './text-table.js';
import { checkLines, type DrawOptions, drawText, verifyDrawOf } from './verify-draw.js';

const HELP = `
Does the work of an answered request again, offline, with what its sources sent then, and compares
code and result byte by byte. With an id, it reads the bundle from the node's database; with
--bundle, from a file of \`dodona evidence export\`, on any machine, without a node, a configuration
or a network. With both, the file is held against this node's record.

What it shows: that the answer follows from what the node recorded, by this program, and that the
record is the one whose hash is known. What it can't: that a source really sent it. --rpc asks a
Neo node whether request and answer are those on the chain; whether the gateway is the one you use
is for you to compare, since anybody can deploy another.

A random number needs no evidence: it is verified by the chain alone, by standard calls of any Neo
node. Seed and key are in the event of the request, the key is the gateway's, the proof is in the
transaction that answered; that proof is the only one, and the number its sha256. Where no node of
one's own knows the transactions, they are looked for, from --from-block on.

Verdicts: verified; differs (something is not what it is claimed to be); unproven (nothing is wrong,
but the work cannot be done again, since a body was not kept, say). The last two exit with 1.

Examples:
  dodona verify 12
  dodona verify --bundle request-12.json --hash 9f86d081884c7d65… --rpc https://rpc.example:443
  dodona verify 13 --rpc https://rpc.example:443 --gateway 0x0b0a… --from-block 5000000
${EXIT_CODE_HELP}`;

interface VerifyOptions extends DrawOptions {
  readonly bundle?: string;
  readonly hash?: string;
}

export function verifyCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return withCommonOptions(new Command('verify'))
    .argument('[id]', 'decimal id of a request that this node answered')
    .option('--bundle <file>', 'an exported bundle')
    .option('--hash <sha256>', 'the hash that the bundle must have, from who answers for it')
    .option('--rpc <url>', 'a Neo node, to compare request and answer with the chain')
    .option('--gateway <hash>', "with --rpc: of a random request, without a node of one's own")
    .option('--asked-in <tx>', 'of a random request: the transaction that made it')
    .option('--answered-in <tx>', 'of a random request: the transaction that answered it')
    .option('--from-block <index>', 'of a random request: where to begin to look for it')
    .description('do the work of an answered request again, offline, and compare')
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, options: VerifyOptions) => {
      const isBundle = id === undefined || options.bundle !== undefined;
      const draw = isBundle ? null : await verifyDrawOf(context, parseRequestId(id), options);
      if (draw !== null) {
        const ok = draw.verdict === 'verified';
        context.print(options.json === true ? JSON.stringify({ ok, ...draw }) : drawText(draw));
        if (!ok) setExitCode(ExitCode.fixIt);
        return;
      }
      const { file, expected } = await findBundle(id, options);
      const verification = await verify(context, file, expected, options.rpc);
      if (options.json === true) {
        const ok = verification.verdict === 'verified';
        context.print(JSON.stringify({ ok, ...verification }));
      } else context.print(verificationText(verification));
      if (verification.verdict !== 'verified') setExitCode(ExitCode.fixIt);
    });
}

type Found = Omit<BundleFile, 'claimedHash'>;

async function findBundle(
  id: string | undefined,
  { bundle, hash, config: configFile }: VerifyOptions,
): Promise<{ file: Found; expected: ExpectedHash[] }> {
  const given = hash === undefined ? [] : [{ source: '--hash', hash: hashOption(hash) }];
  if (id === undefined) {
    if (bundle === undefined) {
      throw new NodeError('BAD_QUERY', 'neither an id nor --bundle was given', {
        hint: 'see dodona verify --help',
      });
    }
    const file = openBundleFile(bundle);
    return { file, expected: [{ source: 'the file', hash: file.claimedHash }, ...given] };
  }
  const requestId = parseRequestId(id);
  const config = loadConfig(configFile);
  const record = "the node's record";
  if (bundle === undefined) {
    const { file, hash: recorded } = await requireRecordedBundle(config, requestId);
    return { file, expected: [{ source: record, hash: recorded }, ...given] };
  }
  const file = openBundleFile(bundle);
  const recorded = await readRecordedBundle(config, requestId);
  if (recorded === null || file.bundle.request.id !== String(requestId)) {
    const message =
      recorded === null
        ? `this node has no record of evidence for request ${requestId}`
        : `the bundle is of request ${file.bundle.request.id}, not of ${requestId}`;
    throw new NodeError('EVIDENCE_NONE', message, { hint: 'check the id, and which node it was' });
  }
  const expected = [{ source: record, hash: recorded.hash }, ...given];
  return { file, expected: [{ source: 'the file', hash: file.claimedHash }, ...expected] };
}

function hashOption(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text;
  throw new NodeError('BAD_QUERY', 'the value of --hash is no SHA-256', {
    hint: 'expected 64 hex digits, as `dodona evidence export` and `dodona verify` print them',
  });
}

async function verify(
  { clock }: CommandContext,
  file: Found,
  expected: readonly ExpectedHash[],
  rpcUrl: string | undefined,
): Promise<Verification> {
  const { openWorkshop } = await import('../node/open-workshop.js');
  const { verifyBundle } = await import('../operations/verify-bundle.js');
  const further = rpcUrl === undefined ? [] : await chainChecks(file, rpcUrl, clock);
  const workshop = openWorkshop(clock);
  try {
    return await verifyBundle(file, { expected, workshop, clock, further });
  } finally {
    await workshop.close();
  }
}

async function chainChecks(
  file: Found,
  url: string,
  clock: CommandContext['clock'],
): Promise<Check[]> {
  const { createRpcClient } = await import('../chain/rpc.js');
  const { compareWithChain } = await import('../operations/compare-with-chain.js');
  const rpc = createRpcClient({ url: requireRpcUrl(url), clock });
  try {
    return await compareWithChain(file, rpc);
  } finally {
    rpc.close();
  }
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  verified: 'verified',
  differs: 'DIFFERS: something is not what it is claimed to be',
  unproven: 'unproven: nothing is wrong, but the work cannot be done again',
};

/** A verification for people. */
export function verificationText(verification: Verification): string {
  const { verdict, requestId, gateway, magic, hash, checks } = verification;
  const head = `Request ${requestId}: ${VERDICTS[verdict]}`;
  const asked = labelled('gateway', `${gateway} on network ${magic}`);
  return [head, asked, labelled('bundle', `sha256 ${hash}`), '', ...checkLines(checks)].join('\n');
}
