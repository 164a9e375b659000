import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { contractRead, readContract, readTogether } from '../chain/contract-read.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { decodeGatewayEvent } from '../chain/gateway-events.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { ContractNotification } from '../chain/invocation.js';
import { CONTRACT_MANAGEMENT, GAS_TOKEN } from '../chain/native-contracts.js';
import { type FeePolicy, networkFeeOf } from '../chain/network-fee.js';
import type { PreflightRunner, Preflight as Trial } from '../chain/preflight.js';
import { isRpcError, type Rpc, RpcCode, RpcError } from '../chain/rpc.js';
import { utf8 } from '../chain/script.js';
import type { Signer } from '../chain/signer.js';
import { asBoolean, asInteger } from '../chain/stack-item-values.js';
import { buildTransaction, signTransaction, type TransactionDraft } from '../chain/transaction.js';
import { readTransactionStates } from '../chain/transaction-state.js';
import type { AnswerEffect } from './answer-fees.js';
import { boundedScript, gasUsedWithin, ranOutOfGas } from './bounded-script.js';
import type {
  Broadcast,
  ChainPort,
  Preflight,
  RoundEffect,
  TransactionTerms,
} from './chain-port.js';

/** A preflight that takes longer would delay the answers of others. */
export const PREFLIGHT_LIMIT_MS = 3_000;

export interface GatewayPortParts {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  readonly magic: number;
  readonly signer: Signer;
  readonly preflight: PreflightRunner;
  readonly clock: Clock;
  /** The network's prices as last read. */
  readonly feePolicy: () => FeePolicy;
  /** They are not those any more: a transaction was refused for too low a network fee. */
  readonly onFeeTooLow?: () => void;
  /** Ends whatever is asked of an endpoint: a stop does not wait for one that stalls. */
  readonly signal: AbortSignal;
  /** Of the last block taken in: who hasn't got it would tell of a past that is over. */
  readonly heightNow: () => number;
}

export type GatewayPort = ChainPort & {
  /** With the height of the reading; -1 where a block came between. */
  walletBalance(): Promise<{ height: number; balance: Datoshi }>;
};

/** The chain as the pipeline uses it, over RPC. Everything is signed with scope CalledByEntry. */
export function createGatewayPort(parts: GatewayPortParts): GatewayPort {
  const { rpc, gateway, signer, signal } = parts;
  const { account } = signer;
  const calls = gatewayCalls(gateway);
  const reads = gatewayReads(gateway);
  const seen = () => ({ signal, minHeight: parts.heightNow() });
  const balance = contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger);
  const draftOf = (script: Buffer, terms: TransactionTerms): TransactionDraft => ({
    ...terms,
    script,
    signers: [{ account, scope: 'CalledByEntry' }],
  });

  return {
    account,
    respondScript: (items) => calls.respond(items),
    expireScript: (ids) => calls.expire(ids),
    pricesScript: (rounds) => calls.submitPrices(rounds),
    collectScript: (amount) => calls.collect(account, account, amount),

    networkFee(script) {
      const free = { systemFee: 0n, networkFee: 0n, nonce: 0, validUntilBlock: 1 };
      const unsigned = buildTransaction(draftOf(script, free));
      return networkFeeOf(unsigned, [signer.verificationScript], parts.feePolicy());
    },

    async preflight(script, terms, maxGas): Promise<Preflight> {
      const bounded = maxGas === null ? script : boundedScript(script, maxGas);
      const ran = await runInTime(parts, draftOf(bounded, terms));
      if (ran === null) {
        const exception = `it did not end within ${PREFLIGHT_LIMIT_MS} ms`;
        return { state: 'FAULT', exception, limit: 'time' };
      }
      const { state, contained } = ran;
      if (state === 'FAULT') {
        const { exception } = ran;
        return { state, exception, limit: ranOutOfGas(exception) ? 'gas' : null };
      }
      const gasConsumed = maxGas === null ? ran.gasConsumed : gasUsedWithin(ran.stack);
      return { state, gasConsumed, contained, ...effectsOf(ran.notifications, gateway) };
    },

    pendingTerms: (requestId) => readContract(rpc, reads.requestOf(requestId), seen()),

    hasMethod(contract, method, parameters) {
      const args = [contract, utf8(method), BigInt(parameters)];
      return readContract(
        rpc,
        contractRead(CONTRACT_MANAGEMENT, 'hasMethod', args, asBoolean),
        seen(),
      );
    },

    async sign(script, terms) {
      const unsigned = buildTransaction(draftOf(script, terms));
      const { hash, raw } = await signTransaction(unsigned, parts.magic, [signer]);
      return { hash, raw };
    },

    async broadcast(raw): Promise<Broadcast> {
      try {
        await rpc.call('sendrawtransaction', [raw.toString('base64')], { signal });
        return { kind: 'accepted' };
      } catch (error) {
        if (isRpcError(error, RpcCode.AlreadyExists, RpcCode.AlreadyInPool)) {
          return { kind: 'known' };
        }
        if (isRpcError(error, RpcCode.InsufficientNetworkFee)) parts.onFeeTooLow?.();
        if (error instanceof RpcError) return { kind: 'refused', reason: error.message };
        throw error;
      }
    },

    fates: (hashes, minHeight) => readTransactionStates(rpc, hashes, { minHeight, signal }),

    async walletBalance() {
      const limits = seen();
      // neo-go runs scripts on its live state: a block that comes meanwhile mixes two heights. What
      // reads the same twice is of one.
      const first = await readTogether(rpc, [balance], limits);
      const { height, values } = await readTogether(rpc, [balance], limits);
      const isSteady = first.height === height && first.values[0] === values[0];
      return { height: isSteady ? height : NO_HEIGHT, balance: values[0] };
    },
  };
}

/** Of a reading between two blocks, which is of none. */
const NO_HEIGHT = -1;

/** Why a preflight's clock is stopped; one error for all, since making one costs. */
const OVER = Object.freeze(new Error('the preflight is over'));

/** Null when it takes too long: that is told of the script, not of the endpoint that ran it. */
async function runInTime(
  { preflight, clock, signal, heightNow }: GatewayPortParts,
  draft: TransactionDraft,
): Promise<Trial | null> {
  const over = new AbortController();
  const stop = (): void => over.abort(signal.reason);
  signal.addEventListener('abort', stop);
  let isLate = false;
  const timer = clock.sleep(PREFLIGHT_LIMIT_MS, over.signal).then(
    () => {
      isLate = true;
      over.abort(OVER);
    },
    () => {},
  );
  try {
    signal.throwIfAborted();
    const timeoutMs = 2 * PREFLIGHT_LIMIT_MS;
    return await preflight(draft, { signal: over.signal, timeoutMs, minHeight: heightNow() });
  } catch (error) {
    if (isLate) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    over.abort(OVER);
    await timer;
  }
}

/** A preflight's transaction has no hash yet. */
const NO_HASH: Hash256 = `0x${'00'.repeat(32)}`;

const TOLD_BY: readonly string[] = ['Response', 'UpkeepPerformed', 'Expired', 'PriceUpdated'];

function effectsOf(
  notifications: readonly ContractNotification[],
  gateway: Hash160,
): {
  effects: ReadonlyMap<bigint, AnswerEffect>;
  expired: ReadonlySet<bigint>;
  priced: ReadonlyMap<string, RoundEffect>;
} {
  const effects = new Map<bigint, AnswerEffect>();
  const expired = new Set<bigint>();
  const priced = new Map<string, RoundEffect>();
  for (const { contract, name, state } of notifications) {
    if (contract !== gateway || !TOLD_BY.includes(name)) continue;
    const notification = { txHash: NO_HASH, indexInBlock: 0, name, state: [...state()] };
    const event = decodeGatewayEvent(notification);
    if (event.name === 'Expired') expired.add(event.id);
    if (event.name === 'PriceUpdated') {
      const { payer, fee } = event;
      priced.set(event.pair, { payer, fee });
    }
    if (event.name !== 'Response' && event.name !== 'UpkeepPerformed') continue;
    const { id, delivered, fee, lost, premium } = event;
    effects.set(id, { delivered, fee, lost, premium });
  }
  return { effects, expired, priced };
}
