import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { readContract } from '../chain/contract-read.js';
import type { DeployableContract } from '../chain/gateway-contracts.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { isRpcError, RpcCode } from '../chain/rpc.js';
import type { Signer } from '../chain/signer.js';
import type { FeeMargin } from '../pipeline/answer-fees.js';
import type { NoteSent, PricedTransaction } from '../pipeline/send-order.js';
import type { OpenNetwork } from './open-network.js';

/** What became of one of the two contracts. */
export interface Deployment {
  readonly name: DeployableContract['name'];
  readonly hash: Hash160;
  /** 0 for one that was there. */
  readonly fees: Datoshi;
  /** Null where it was there already, or is only looked at. */
  readonly sent: { readonly tx: Hash256; readonly block: number } | null;
  readonly wasThere: boolean;
}

export interface Plan {
  readonly contract: DeployableContract;
  /** Null: it is there. */
  readonly priced: PricedTransaction | null;
}

/** What a deployment uses is the same in every block; what is paid on top is lost. */
const MARGIN: FeeMargin = { bps: 0n, minimum: 100_000n };
/** Where the network does not say what fits into a block. */
const MAX_SYSTEM_FEE: Datoshi = 100_000_000_000n;

/** How often a transaction is looked for. */
const POLL_MS = 500;
/** What C# nodes of before the common error codes answer for an unknown contract. */
const OLD_UNKNOWN = -100;

/**
 * Sends contracts of an owner to a network, the ones that are not there. `noteSent` is told of each
 * transaction before anybody else sees it: the like of one that is on its way is paid and FAULTs.
 */
export function createDeployments(
  open: OpenNetwork,
  signer: Signer,
  clock: Clock,
  noteSent: NoteSent,
) {
  const { rpc, policy, config } = open;
  const height = async (): Promise<number> => (await rpc.call<number>('getblockcount')) - 1;

  /** Tries and prices what is missing. Throws a NodeError ORDER_REFUSED, FUNDS_SHORT. */
  async function plan(contracts: readonly DeployableContract[]): Promise<readonly Plan[]> {
    const { priceTransaction } = await import('../pipeline/send-order.js');
    const port = await portOf(open, signer, clock);
    const plans: Plan[] = [];
    for (const contract of contracts) {
      if (await isThere(contract.hash)) {
        plans.push({ contract, priced: null });
        continue;
      }
      const given = { nonce: randomInt(2 ** 32), validUntilBlock: await lastBlock() };
      const priced = await priceTransaction(port, contract.script, limitsOf(), given).catch(
        (error) => {
          throw refused(contract, error);
        },
      );
      plans.push({ contract, priced });
    }
    const needed = plans.reduce((sum, { priced }) => sum + (priced?.fees ?? 0n), 0n);
    const { balance } = await port.walletBalance();
    if (needed > balance) throw short(signer.account, balance, needed);
    return plans;
  }

  /** Sends one and waits for its block. Throws a NodeError, as `waitForBlock` does. */
  async function carryOut({ contract, priced }: Plan): Promise<Deployment> {
    const { name, hash } = contract;
    if (priced === null) return { name, hash, fees: 0n, sent: null, wasThere: true };
    const { sendDirectly, waitForBlock } = await import('../pipeline/send-order.js');
    const port = await portOf(open, signer, clock);
    const validUntilBlock = await lastBlock();
    const fresh = { ...priced, terms: { ...priced.terms, validUntilBlock } };
    const sent = await sendDirectly(port, fresh, noteSent);
    const pollMs = Math.min(POLL_MS, config.network.pollIntervalMs);
    const wait = { chain: port, clock, pollMs, height };
    const block = await waitForBlock(wait, sent, validUntilBlock);
    return { name, hash, fees: priced.fees, sent: { tx: sent.hash, block }, wasThere: false };
  }

  async function isThere(hash: Hash160): Promise<boolean> {
    try {
      await rpc.call('getcontractstate', [hash]);
      return true;
    } catch (error) {
      if (isRpcError(error, RpcCode.UnknownContract, OLD_UNKNOWN)) return false;
      throw error;
    }
  }

  const lastBlock = async (): Promise<number> =>
    (await height()) + config.pipeline.validUntilBlocks;

  /** Deploying is dearer than any answer; what it costs is shown before it is sent. */
  const limitsOf = () => ({
    margin: MARGIN,
    maxSystemFee: policy.current().maxBlockSystemFee ?? MAX_SYSTEM_FEE,
    maxNetworkFee: config.pipeline.maxNetworkFeeDatoshi,
  });

  return { plan, carryOut };
}

/**
 * A gateway that is there keeps its node account. Throws a NodeError GATEWAY_OTHER_NODE where that
 * is not the one that was given.
 */
export async function requireNode(
  { rpc }: OpenNetwork,
  plans: readonly Plan[],
  node: Hash160,
): Promise<void> {
  const there = plans.find(
    ({ contract, priced }) => contract.name === 'gateway' && priced === null,
  );
  if (there === undefined) return;
  const { hash } = there.contract;
  const current = await readContract(rpc, gatewayReads(hash).nodeAccount());
  if (current === node) return;
  const whose = current === null ? 'of nobody: it was revoked' : `of ${hash160ToAddress(current)}`;
  throw new NodeError(
    'GATEWAY_OTHER_NODE',
    `the gateway ${hash} is there already, and takes the answers ${whose}, not those of ` +
      hash160ToAddress(node),
    {
      hint:
        'to have it take those of another account: dodona keys rotate --kind node --wallet FILE ' +
        "with the owner's wallet, beside the node's (docs/keys.md); else give --node as the " +
        'gateway has it',
      details: { gateway: hash, nodeAccount: current, given: node },
    },
  );
}

async function portOf({ rpc, config, policy }: OpenNetwork, signer: Signer, clock: Clock) {
  const { createGatewayPort } = await import('../pipeline/gateway-port.js');
  const { createPreflight } = await import('../chain/preflight.js');
  return createGatewayPort({
    rpc,
    gateway: config.gateway.hash,
    magic: config.network.magic,
    signer,
    preflight: createPreflight({ rpc, clock, mode: config.network.dialect }),
    clock,
    feePolicy: policy.current,
    signal: new AbortController().signal,
    heightNow: () => 0,
  });
}

const refused = ({ name }: DeployableContract, error: unknown): unknown => {
  if (!(error instanceof NodeError) || error.code !== 'ORDER_REFUSED') return error;
  const hint =
    'nothing was sent and nothing paid; where GAS ran out, the endpoint lets trials use less ' +
    'than this costs (its MaxGasInvoke): use another one';
  return new NodeError('ORDER_REFUSED', `the ${name}: ${messageOf(error)}`, { hint, cause: error });
};

const short = (account: Hash160, balance: Datoshi, needed: Datoshi): NodeError =>
  new NodeError(
    'FUNDS_SHORT',
    `${hash160ToAddress(account)} has ${formatGas(balance)} GAS, and ${formatGas(needed)} GAS of ` +
      'fees are needed',
    { hint: 'send it GAS' },
  );
