import { sha256 } from '../../../src/base/bytes.js';
import type { Datoshi } from '../../../src/base/datoshi.js';
import {
  type Hash160,
  type Hash256,
  hash160,
  hashFromLittleEndian,
  parseAccount,
} from '../../../src/base/hash.js';
import { RpcCode } from '../../../src/chain/rpc-error.js';
import type { TransactionSigner, WitnessScope } from '../../../src/chain/transaction.js';
import { blockAt, type KnownBlock, tipOf, worldOf } from './chain-core.js';
import { type Container, Execution } from './machine.js';
import { failed, notificationJson, type View } from './rpc-answers.js';
import { runScript } from './run-script.js';
import type { RpcReply } from './simulated-chain.js';
import { itemToJson } from './vm-item.js';

/* Scripts that run on trial: nothing of them stays. */

const NO_ACCOUNT: Hash160 = hash160('00'.repeat(20));

interface GivenSigner {
  readonly account: string;
  readonly scopes?: string;
  readonly allowedcontracts?: readonly string[];
}

function signersOf(given: unknown): TransactionSigner[] {
  if (!Array.isArray(given)) return [];
  return (given as GivenSigner[]).map(({ account, scopes, allowedcontracts }) => ({
    account: parseAccount(account),
    scope: scopeOf(scopes ?? 'CalledByEntry', allowedcontracts ?? []),
  }));
}

const scopeOf = (scopes: string, contracts: readonly string[]): WitnessScope =>
  scopes === 'CustomContracts'
    ? { contracts: contracts.map(hash160) }
    : (scopes as 'None' | 'CalledByEntry' | 'Global');

const hashOf = (script: Buffer, nonce: number): Hash256 =>
  hashFromLittleEndian(sha256(script, String(nonce)));

/** `invokescript [script, signers]`: its fees and nonce look like 0. */
export function invokeScript(view: View, lentGas: Datoshi, params: readonly unknown[]): RpcReply {
  const script = Buffer.from(String(params[0]), 'base64');
  const signers = signersOf(params[1]);
  const container: Container = {
    get hash() {
      return hashOf(script, 0);
    },
    sender: signers[0]?.account ?? NO_ACCOUNT,
    nonce: 0,
    systemFee: 0n,
    networkFee: 0n,
    signers,
  };
  return run(view, lentGas, script, container);
}

interface GivenTransaction {
  readonly script: string;
  readonly signers: unknown;
  readonly sender: string;
  readonly nonce: number;
  readonly sysfee: string;
  readonly netfee: string;
}

/** `invokecontainedscript [transaction]` (neo-go): the script runs inside the transaction. */
export function invokeContained(
  view: View,
  lentGas: Datoshi,
  [given]: readonly unknown[],
): RpcReply {
  if (typeof given !== 'object' || given === null) {
    return failed(RpcCode.InvalidParams, 'Invalid params');
  }
  const { script: text, signers, sender, nonce, sysfee, netfee } = given as GivenTransaction;
  const script = Buffer.from(text, 'base64');
  return run(view, lentGas, script, {
    get hash() {
      return hashOf(script, nonce);
    },
    sender: parseAccount(sender),
    nonce,
    systemFee: BigInt(sysfee),
    networkFee: BigInt(netfee),
    signers: signersOf(signers),
  });
}

/** `invokescripthistoric [height, script, signers]` (neo-go). */
export function invokeHistoric(
  view: View,
  lentGas: Datoshi,
  [height, ...params]: readonly unknown[],
): RpcReply {
  const first = (view.core.blocks[0] as KnownBlock).index;
  if (typeof height !== 'number' || height < first || height > view.height) {
    return failed(RpcCode.UnknownHeight, 'Unknown height');
  }
  return invokeScript({ ...view, height }, lentGas, params);
}

function run(view: View, lentGas: Datoshi, script: Buffer, container: Container): RpcReply {
  const { core, height } = view;
  const block = blockAt(core, height) as KnownBlock;
  const look = (): RpcReply => {
    const timeMs = block.timeMs + core.policy.msPerBlock;
    const world = worldOf(core, { currentIndex: height, timeMs, nonce: null });
    const execution = new Execution(world, container, lentGas);
    const mark = core.state.mark();
    const ran = runScript(execution, script);
    core.state.rollBack(mark);
    const halted = ran.state === 'HALT';
    return {
      result: {
        state: ran.state,
        gasconsumed: execution.gasConsumed().toString(),
        script: script.toString('base64'),
        stack: halted ? ran.stack.map(itemToJson) : [],
        exception: halted ? null : ran.exception,
        notifications: halted ? execution.notifications.map(notificationJson) : [],
      },
    };
  };
  const behind = tipOf(core).index - height;
  return behind === 0 ? look() : core.state.before(behind, look);
}
