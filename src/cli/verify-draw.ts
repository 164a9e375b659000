import { fromHex } from '../base/bytes.js';
import { type Hash256, hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { RequestPlaces } from '../operations/find-request.js';
import type { DrawVerification } from '../operations/verify-draw.js';
import { type ChainOptions, type ChainSettings, chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { type OpenChain, openChain } from './open-chain.js';
import { labelled } from './text-table.js';
import { withNodeView } from './with-node-view.js';

export interface DrawOptions extends ChainOptions {
  readonly askedIn?: string;
  readonly answeredIn?: string;
  readonly fromBlock?: string;
}

/**
 * Verifies a random number by the chain alone. Null where the request is not known to be for one:
 * then its evidence is what there is to verify. Throws a NodeError when the chain cannot be asked,
 * or does not have the request.
 */
export async function verifyDrawOf(
  context: CommandContext,
  id: bigint,
  options: DrawOptions,
): Promise<DrawVerification | null> {
  const isDraw = [options.gateway, options.askedIn, options.fromBlock].some(
    (given) => given !== undefined,
  );
  if (isDraw) return verifyAt(context, id, settingsOf(options), options, givenPlaces(options));
  const settings = settingsOf(options);
  const known = await knownPlaces(context, settings.config, id);
  return known === null ? null : verifyAt(context, id, settings, options, known);
}

/** With --rpc and --gateway no configuration is needed; --rpc alone takes the place of its own. */
function settingsOf(options: DrawOptions): ChainSettings {
  const { rpc, gateway } = options;
  if (gateway !== undefined || rpc === undefined) return chainSettings(options);
  const config = loadConfig(options.config);
  const { network } = config;
  return { config: { ...config, network: { ...network, rpcUrls: [rpc] } }, magic: network.magic };
}

function givenPlaces({ askedIn, answeredIn }: DrawOptions): RequestPlaces | null {
  if (askedIn === undefined) {
    if (answeredIn === undefined) return null;
    throw new NodeError('BAD_QUERY', '--answered-in goes with --asked-in', { hint: 'give both' });
  }
  const endedIn = answeredIn === undefined ? null : txOption('answered-in', answeredIn);
  return { askedIn: txOption('asked-in', askedIn), endedIn };
}

function txOption(name: string, text: string): Hash256 {
  try {
    return hash256(text);
  } catch {
    throw new NodeError('BAD_QUERY', `the value of --${name} is no hash of a transaction`, {
      hint: 'expected 0x and 64 hex digits, as explorers show it',
    });
  }
}

/** What the node, or its database, tells of a random request; it only says where to look. */
async function knownPlaces(
  context: CommandContext,
  config: NodeConfig,
  id: bigint,
): Promise<RequestPlaces | null> {
  try {
    const { answer } = await withNodeView(context, config, (view) => view.explain(id));
    if (answer?.kind !== 'random') return null;
    const endedIn = answer.endedTx as Hash256 | null;
    return { askedIn: answer.createdTx as Hash256, endedIn };
  } catch (error) {
    // What there is of evidence is looked for next, and that says what is missing.
    if (error instanceof NodeError) return null;
    throw error;
  }
}

async function verifyAt(
  context: CommandContext,
  requestId: bigint,
  settings: ChainSettings,
  options: DrawOptions,
  known: RequestPlaces | null,
): Promise<DrawVerification> {
  const { verifyDraw } = await import('../operations/verify-draw.js');
  const chain = await openChain(settings, context.clock);
  try {
    const places = known ?? (await searched(context, chain, requestId, options));
    const gateway = chain.config.gateway.hash;
    return await verifyDraw(chain.rpc, { requestId, gateway, magic: settings.magic, ...places });
  } finally {
    chain.close();
  }
}

/** Blocks between two lines about how far the search is. */
const PROGRESS_EVERY_BLOCKS = 10_000;

async function searched(
  { clock, complain }: CommandContext,
  { rpc, config, facts }: OpenChain,
  id: bigint,
  { fromBlock }: DrawOptions,
): Promise<RequestPlaces> {
  const { createBlockSource } = await import('../chain/choose-block-source.js');
  const { findRequest } = await import('../operations/find-request.js');
  const gateway = config.gateway.hash;
  const mode = config.network.dialect;
  const source = createBlockSource({ rpc, gateway, clock, mode });
  const fromIndex = fromBlock === undefined ? (config.gateway.startBlock ?? 0) : count(fromBlock);
  const range = { fromIndex, lastIndex: facts.height };
  let told = fromIndex;
  const places = await findRequest(source, id, range, (index) => {
    if (index - told < PROGRESS_EVERY_BLOCKS) return;
    told = index;
    complain(`block ${index} of ${facts.height}`);
  });
  if (places !== null) return places;
  const where = `blocks ${fromIndex} to ${facts.height}`;
  throw new NodeError('NO_SUCH_REQUEST', `${where} made no request ${id} at ${gateway}`, {
    hint: 'check id and gateway; --from-block says where to begin',
  });
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new NodeError('BAD_QUERY', 'the value of --from-block is no index of a block', {
    hint: 'expected a whole number such as 1200000',
  });
}

const VERDICTS: Readonly<Record<DrawVerification['verdict'], string>> = {
  verified: 'verified',
  differs: 'DIFFERS: something is not what it is claimed to be',
  unproven: 'unproven: there is no number',
};

/** A verification for people. */
export function drawText(verification: DrawVerification): string {
  const { requestId, gateway, magic, keyId, seed, proof, number, checks } = verification;
  const facts: [string, string | null][] = [
    ['gateway', `${gateway} on network ${magic}`],
    ['asked in', verification.askedIn],
    ['seed', seed],
    ['key', keyId === null ? null : keyText(keyId, verification.publicKey)],
    ['answer in', verification.answeredIn],
    ['proof', proof],
    ['number', number],
  ];
  return [
    `Request ${requestId}: ${VERDICTS[verification.verdict]}`,
    ...facts.flatMap(([label, text]) => (text === null ? [] : [labelled(label, text)])),
    '',
    ...checkLines(checks),
  ].join('\n');
}

const keyText = (keyId: string, publicKey: string | null): string =>
  publicKey === null ? keyId : `${keyId} (${publicKeyId(fromHex(publicKey))})`;

/** What was looked at, and what was found. */
export function checkLines(checks: DrawVerification['checks']): string[] {
  return checks.flatMap(({ what, found, details }) => [
    labelled(found, what),
    ...details.map((detail) => labelled('', `- ${detail}`, 11)),
  ]);
}
