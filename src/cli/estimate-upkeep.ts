import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { headerCall, parseHeader } from '../chain/block-header.js';
import { readTogether } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { Signer } from '../chain/signer.js';
import type { UpkeepEstimate } from '../pipeline/estimate-upkeep.js';
import type { UpkeepPort } from '../pipeline/upkeep-port.js';
import { noNodeAccount } from './estimate-refusals.js';
import type { OpenChain } from './open-chain.js';
import { labelled } from './text-table.js';
import { witnessOfNode } from './witness-of-node.js';

/** What `estimate --upkeep --json` prints, with amounts as decimal datoshi. */
export interface UpkeepReport extends UpkeepEstimate {
  readonly ok: true;
  readonly kind: 'upkeep';
  readonly upkeepId: bigint;
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly method: string;
  readonly trigger: string;
  readonly marginBps: bigint;
  /** What it is registered with. */
  readonly registeredMaxFeeDatoshi: Datoshi;
  /** Whether that is what is needed, or more. */
  readonly isEnough: boolean;
}

export interface UpkeepAsked {
  readonly upkeepId: bigint;
  readonly safetyBps: bigint;
  /** Wait for what passes by itself, such as for the next occurrence. */
  readonly waits: boolean;
}

/** The longest that `--wait` waits. */
export const MAX_WAIT_MS = 3_600_000;
const LOOK_EVERY_MS = 1_000;
/** The policy's list of minimums is by kind (docs/contract-authors.md); upkeeps come last. */
const UPKEEP_KIND = 5;

/** The estimate of a registered upkeep; asked again until it can be, where that is wished for. */
export async function makeUpkeepReport(
  chain: OpenChain,
  asked: UpkeepAsked,
  clock: Clock,
): Promise<UpkeepReport> {
  const untilMs = clock.monotonicMs() + (asked.waits ? MAX_WAIT_MS : 0);
  const everyMs = Math.min(LOOK_EVERY_MS, chain.config.network.blockTimeMs / 2);
  const { mayBeAskedAgain } = await import('../pipeline/estimate-upkeep.js');
  const port = await openPort(chain, clock);
  for (;;) {
    try {
      return await reportNow(chain, port, asked);
    } catch (error) {
      if (!mayBeAskedAgain(error) || clock.monotonicMs() >= untilMs) throw error;
      await clock.sleep(everyMs);
    }
  }
}

async function openPort(
  { config, rpc, facts, policy }: OpenChain,
  clock: Clock,
): Promise<UpkeepPort> {
  const { createGatewayPort } = await import('../pipeline/gateway-port.js');
  const { createPreflight } = await import('../chain/preflight.js');
  const { createUpkeepPort } = await import('../pipeline/upkeep-port.js');
  const { nodeAccount: account } = facts;
  if (account === null) throw noNodeAccount();
  const ways = {
    rpc,
    gateway: config.gateway.hash,
    signal: new AbortController().signal,
    heightNow: () => facts.height,
  };
  const signer: Signer = {
    account,
    publicKey: Buffer.alloc(0),
    verificationScript: await witnessOfNode(config, account, clock),
    sign: () => Promise.reject(new Error('bug: a trial is not signed')),
  };
  const port = createGatewayPort({
    ...ways,
    magic: config.network.magic,
    signer,
    preflight: createPreflight({ rpc, clock, mode: config.network.dialect }),
    clock,
    feePolicy: policy.current,
  });
  return createUpkeepPort(ways, port);
}

async function reportNow(
  { config, rpc, policy }: OpenChain,
  port: UpkeepPort,
  { upkeepId, safetyBps }: UpkeepAsked,
): Promise<UpkeepReport> {
  const reads = gatewayReads(config.gateway.hash);
  const { height, values } = await readTogether(rpc, [reads.policy(), reads.upkeepOf(upkeepId)]);
  const [{ minimums }, upkeep] = values;
  if (upkeep === null) {
    throw new NodeError('NO_SUCH_UPKEEP', `the gateway knows no upkeep ${upkeepId}`, {
      hint: 'its id is in the event UpkeepRegistered; one that was cancelled is gone',
    });
  }
  const { method: call, params } = headerCall(height);
  const header = parseHeader(await rpc.call(call, params, { minHeight: height }), height);
  const { estimateUpkeep } = await import('../pipeline/estimate-upkeep.js');
  const { pipelineLimits } = await import('../node/pipeline-limits.js');
  const limits = pipelineLimits(config, policy.current().maxBlockSystemFee);
  const now = { block: height, timeMs: header.timeMs };
  const minimum = minimums[UPKEEP_KIND] ?? 0n;
  const question = { upkeepId, upkeep, minimum, safetyBps };
  const estimate = await estimateUpkeep({ port, limits, now }, question);
  const { owner, target, method, trigger, maxFee } = upkeep;
  return {
    ...{ ok: true, kind: 'upkeep', upkeepId, owner, target, method, trigger },
    marginBps: safetyBps,
    registeredMaxFeeDatoshi: maxFee,
    isEnough: maxFee >= estimate.neededDatoshi,
    ...estimate,
  };
}

const AMOUNT_COLUMNS = 18;

/** The estimate for people. */
export function upkeepText(report: UpkeepReport): string {
  const { upkeepId, owner, target, method, trigger, items, maxFeeDatoshi } = report;
  const { chargeDatoshi, reserveDatoshi, registeredMaxFeeDatoshi, isEnough } = report;
  const line = (amount: Datoshi, what: string): string =>
    `${formatGas(amount).padStart(AMOUNT_COLUMNS)}  ${what}`;
  const back = `about ${formatGas(chargeDatoshi)} GAS a run; the rest of maxFee comes back`;
  const plain = `${formatGas(reserveDatoshi)} GAS, should the target bring a transaction down`;
  const enough = isEnough
    ? 'which is enough'
    : 'which is too little: cancel it, and register it anew with the maxFee above';
  return [
    labelled('upkeep', `${upkeepId}, ${method} of ${target}, ${trigger}`),
    labelled('owner', `${owner} (${hash160ToAddress(owner)})`),
    '',
    ...items.map(({ what, datoshi }) => line(datoshi, what)),
    line(maxFeeDatoshi, `maxFee, in GAS (${maxFeeDatoshi} datoshi)`),
    '',
    labelled('charge', back),
    labelled('else', `a run without a call: ${plain}`),
    labelled('now', `registered with ${formatGas(registeredMaxFeeDatoshi)} GAS, ${enough}`),
  ].join('\n');
}
