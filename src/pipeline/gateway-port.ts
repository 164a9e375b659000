import type { Datoshi } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160, hash160ToAddress } from '../base/hash.js';
import { decodeGatewayEvent } from '../chain/gateway-events.js';
import { parseNotifications } from '../chain/gateway-notification.js';
import { type FeePolicy, networkFeeOf } from '../chain/network-fee.js';
import { isRpcError, type Rpc, RpcCode, type RpcResult } from '../chain/rpc.js';
import { rpcAmount, rpcCount, rpcList, rpcObject, rpcText } from '../chain/rpc-fields.js';
import { CallFlags, callScript } from '../chain/script.js';
import type { Signer } from '../chain/signer.js';
import { parseStackItems } from '../chain/stack-item.js';
import { asCount, asInteger } from '../chain/stack-item-values.js';
import { buildTransaction, signerToRpc, signTransaction } from '../chain/transaction.js';
import type { AnswerItem } from './answer.js';
import type { AnswerEffect } from './answer-fees.js';
import type {
  Broadcast,
  ChainPort,
  Preflight,
  TransactionFate,
  TransactionTerms,
} from './chain-port.js';

const GAS_TOKEN = hash160('0xd2a4cff31913016155e38e474a2c06d08be276cf');
const LEDGER_CONTRACT = hash160('0xda65b600f7124ce6c79950c1772a36403104f2be');

export interface GatewayPortParts {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  readonly magic: number;
  readonly signer: Signer;
  /** The network's prices as last read. */
  readonly feePolicy: () => FeePolicy;
}

export type GatewayPort = ChainPort & {
  walletBalance(): Promise<{ height: number; balance: Datoshi }>;
};

/** The chain as the pipeline uses it, over RPC. Everything is signed with scope CalledByEntry. */
export function createGatewayPort(parts: GatewayPortParts): GatewayPort {
  const { rpc, gateway, signer } = parts;
  const account = signer.account;
  const signers = [{ account, scope: 'CalledByEntry' as const }];
  /** Standard nodes lack the call that runs a script inside a transaction. */
  let canContain = true;

  const draftOf = (script: Buffer, terms: TransactionTerms) => ({ ...terms, script, signers });

  async function invoke(script: Buffer, terms: TransactionTerms): Promise<unknown> {
    if (canContain) {
      try {
        return await rpc.call('invokecontainedscript', [containerOf(script, terms)]);
      } catch (error) {
        if (!isRpcError(error, RpcCode.MethodNotFound)) throw error;
        canContain = false;
      }
    }
    return rpc.call('invokescript', [script.toString('base64'), signers.map(signerToRpc)]);
  }

  const containerOf = (script: Buffer, terms: TransactionTerms): Record<string, unknown> => ({
    version: 0,
    nonce: terms.nonce,
    sender: hash160ToAddress(account),
    sysfee: terms.systemFee.toString(),
    netfee: terms.networkFee.toString(),
    validuntilblock: terms.validUntilBlock,
    signers: signers.map(signerToRpc),
    attributes: [],
    witnesses: [],
    script: script.toString('base64'),
  });

  return {
    account,

    respondScript: (items) => callScript(gateway, 'respond', [items.map(answerArgs)]),

    expireScript: (ids) => callScript(gateway, 'expire', [[...ids]]),

    networkFee(script) {
      const terms = { systemFee: 0n, networkFee: 0n, nonce: 0, validUntilBlock: 1 };
      const unsigned = buildTransaction(draftOf(script, terms));
      return networkFeeOf(unsigned, [signer.verificationScript], parts.feePolicy());
    },

    async preflight(script, terms): Promise<Preflight> {
      const ran = rpcObject(await invoke(script, terms), 'a preflight');
      const gasConsumed = rpcAmount(ran.gasconsumed, 'gasconsumed of a preflight');
      if (ran.state !== 'HALT') {
        const exception = typeof ran.exception === 'string' ? ran.exception : 'no reason given';
        return { state: 'FAULT', gasConsumed, exception };
      }
      const effects = effectsOf(rpcList(ran.notifications, 'notifications'), gateway);
      return { state: 'HALT', gasConsumed, effects, contained: canContain };
    },

    async sign(script, terms) {
      const unsigned = buildTransaction(draftOf(script, terms));
      const { hash, raw } = await signTransaction(unsigned, parts.magic, [signer]);
      return { hash, raw };
    },

    async broadcast(raw): Promise<Broadcast> {
      try {
        await rpc.call('sendrawtransaction', [raw.toString('base64')]);
        return { kind: 'accepted' };
      } catch (error) {
        if (isRpcError(error, RpcCode.AlreadyExists, RpcCode.AlreadyInPool)) {
          return { kind: 'known' };
        }
        if (isRpcError(error)) return { kind: 'refused', reason: error.message };
        throw error;
      }
    },

    fates: (hashes, minHeight) => fatesOf(rpc, hashes, minHeight),

    async walletBalance() {
      const script = Buffer.concat([
        callScript(LEDGER_CONTRACT, 'currentIndex', [], CallFlags.ReadOnly),
        callScript(GAS_TOKEN, 'balanceOf', [account], CallFlags.ReadOnly),
      ]);
      const ran = rpcObject(
        await rpc.call('invokescript', [script.toString('base64'), []]),
        'the balance',
      );
      const [index, balance] = parseStackItems(ran.stack, 'the balance');
      if (index === undefined || balance === undefined) {
        throw new Error(`bug: the balance script left ${JSON.stringify(ran.stack)}`);
      }
      return {
        height: asCount(index, 'currentIndex'),
        balance: asInteger(balance, 'balanceOf'),
      };
    },
  };
}

const answerArgs = (item: AnswerItem) =>
  [BigInt(item.requestId), item.code, item.result, item.deliver, item.lostTx] as const;

/** A preflight's transaction has no hash yet. */
const NO_HASH: Hash256 = `0x${'00'.repeat(32)}`;

function effectsOf(
  notifications: readonly unknown[],
  gateway: Hash160,
): ReadonlyMap<bigint, AnswerEffect> {
  const effects = new Map<bigint, AnswerEffect>();
  for (const notification of parseNotifications(notifications, gateway, NO_HASH, 0)) {
    const event = decodeGatewayEvent(notification);
    if (event.name !== 'Response') continue;
    const { id, delivered, fee, lost, premium } = event;
    effects.set(id, { delivered, fee, lost, premium });
  }
  return effects;
}

async function fatesOf(
  rpc: Rpc,
  hashes: readonly Hash256[],
  minHeight: number,
): Promise<TransactionFate[]> {
  const heights = await rpc.batch(
    hashes.map((hash) => ({ method: 'gettransactionheight', params: [hash] })),
    { minHeight },
  );
  const found = hashes.filter((_, place) => heights[place]?.ok);
  const logs = await rpc.batch(
    found.map((hash) => ({ method: 'getapplicationlog', params: [hash] })),
    { minHeight },
  );
  const logOf = new Map(found.map((hash, place) => [hash, logs[place]]));
  return hashes.map((hash, place) => fateOf(heights[place], logOf.get(hash)));
}

function fateOf(height: RpcResult | undefined, log: RpcResult | undefined): TransactionFate {
  if (height === undefined) return { kind: 'waiting' };
  if (!height.ok) {
    if (height.error.rpcCode === RpcCode.UnknownTransaction) return { kind: 'unknown' };
    throw height.error;
  }
  if (log === undefined || !log.ok) throw log?.error ?? new Error('bug: no log was asked for');
  const [execution] = rpcList(rpcObject(log.result, 'a log').executions, 'executions');
  const ran = rpcObject(execution, 'an execution');
  return {
    kind: 'inBlock',
    block: rpcCount(height.result, 'gettransactionheight'),
    halted: rpcText(ran.vmstate, 'vmstate') === 'HALT',
    exception: typeof ran.exception === 'string' ? ran.exception : 'no reason given',
  };
}
