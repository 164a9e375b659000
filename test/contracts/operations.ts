import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { sha256 } from '../../src/base/bytes.js';
import type { Datoshi } from '../../src/base/datoshi.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { type FeedAct, feedCall, type ModelRound } from './feeds-model.js';
import type { Step } from './gateway-world.js';
import { type AnyWorld, answer, functionArgs, httpArgs, randomArgs } from './requests.js';
import { type SettledRun, type UpkeepAct, upkeepCall } from './upkeeps-model.js';

/** One transaction, with everything that it depends on resolved. */
export type Operation =
  | {
      readonly kind: 'deposit';
      readonly by: Hash160;
      readonly to: Hash160;
      readonly amount: Datoshi;
    }
  | {
      readonly kind: 'withdraw';
      readonly by: Hash160;
      readonly account: Hash160;
      readonly amount: Datoshi;
    }
  | {
      readonly kind: 'collect';
      readonly by: Hash160;
      readonly account: Hash160;
      readonly amount: Datoshi;
    }
  | {
      readonly kind: 'ask';
      readonly by: Hash160;
      readonly maxFee: Datoshi;
      readonly delivers: boolean;
      readonly what: 'web' | 'function' | 'random';
      /** Of a function. */
      readonly functionId: bigint;
    }
  | { readonly kind: 'register'; readonly by: Hash160; readonly code: TestCode }
  | {
      readonly kind: 'update';
      readonly by: Hash160;
      readonly functionId: bigint;
      readonly code: TestCode;
    }
  | {
      readonly kind: 'sponsor';
      readonly by: Hash160;
      readonly requester: Hash160;
      readonly maxFee: Datoshi;
      readonly allowance: Datoshi;
    }
  | { readonly kind: 'accept'; readonly by: Hash160; readonly payer: Hash160 | null }
  | {
      readonly kind: 'respond';
      readonly by: Hash160;
      readonly ids: readonly bigint[];
      readonly deliver: boolean;
      /** For the random requests among them whose seeds are known. */
      readonly proofs: ReadonlyMap<bigint, Buffer>;
    }
  | { readonly kind: 'expire'; readonly by: Hash160; readonly ids: readonly bigint[] }
  | { readonly kind: 'take'; readonly by: Hash160; readonly id: bigint }
  | { readonly kind: 'redeliver'; readonly by: Hash160; readonly id: bigint }
  | { readonly kind: 'proposeNode'; readonly by: Hash160; readonly account: Hash160 }
  | { readonly kind: 'acceptNode'; readonly by: Hash160; readonly overlapBlocks: number }
  | { readonly kind: 'revokeNode'; readonly by: Hash160 }
  | { readonly kind: 'pause'; readonly by: Hash160; readonly on: boolean }
  | { readonly kind: 'upkeep'; readonly by: Hash160; readonly act: UpkeepAct }
  | { readonly kind: 'feed'; readonly by: Hash160; readonly act: FeedAct };

/** Code as a test gives it: one of a few sources, so that they are met again. */
export interface TestCode {
  readonly source: string;
  /** Whether the source itself is given; else, at most where it is. */
  readonly onChain: boolean;
  readonly uri: string;
}

const codeArgs = ({ source, onChain, uri }: TestCode): ScriptArg[] => [
  sha256(source),
  utf8(onChain ? source : ''),
  utf8(uri),
];

/** What became of an operation: done, with what is to be charged, or refused. */
export type Ending =
  | {
      readonly done: true;
      readonly settled: readonly Settled[];
      readonly runs: readonly SettledRun[];
      readonly rounds: readonly ModelRound[];
    }
  | { readonly done: false; readonly refusal: string };

export interface Settled {
  readonly id: bigint;
  readonly payer: Hash160;
  readonly maxFee: Datoshi;
  readonly delivered: boolean;
}

/** Fixed, so that no trial must guess what the other transactions of the block do. */
const SYSTEM_FEE = parseGas('1.2');
const SYSTEM_FEE_OF_RESPOND = parseGas('0.2');
const SYSTEM_FEE_OF_ANSWER = parseGas('0.4');
const SYSTEM_FEE_OF_RUN = parseGas('0.6');
const SYSTEM_FEE_OF_ROUND = parseGas('0.4');
const SYSTEM_FEE_OF_PROOF = parseGas('4.2');
const NETWORK_FEE = parseGas('0.05');

/** The transaction of an operation; what a contract does, the owner has it do. */
export function stepOf(world: AnyWorld, operation: Operation): Step {
  const { owner, node, accounts } = world;
  const account = [owner, node, ...Object.values(accounts)].find(
    ({ hash }) => hash === operation.by,
  );
  const sender: DevnetAccount = account ?? owner;
  const [method, ...args] = callOf(operation);
  const script =
    operation.kind === 'deposit'
      ? world.calls.deposit(operation.by, operation.amount, operation.to)
      : account === undefined
        ? world.callBy(operation.by, method, ...args)
        : world.call(method, ...args);
  return [sender, script, { systemFee: systemFeeOf(operation), networkFee: NETWORK_FEE }];
}

function systemFeeOf(operation: Operation): Datoshi {
  if (operation.kind === 'upkeep' && operation.act.does === 'perform') {
    return SYSTEM_FEE_OF_RESPOND + SYSTEM_FEE_OF_RUN * BigInt(operation.act.runs.length);
  }
  if (operation.kind === 'feed' && operation.act.does === 'publish') {
    return SYSTEM_FEE_OF_RESPOND + SYSTEM_FEE_OF_ROUND * BigInt(operation.act.rounds.length);
  }
  if (operation.kind !== 'respond' || operation.ids.length === 0) return SYSTEM_FEE;
  const answers = SYSTEM_FEE_OF_ANSWER * BigInt(operation.ids.length);
  return SYSTEM_FEE_OF_RESPOND + answers + SYSTEM_FEE_OF_PROOF * BigInt(operation.proofs.size);
}

function callOf(operation: Operation): [string, ...ScriptArg[]] {
  switch (operation.kind) {
    case 'deposit':
      return ['deposit'];
    case 'withdraw':
    case 'collect':
      return [operation.kind, operation.account, operation.by, operation.amount];
    case 'ask': {
      const { what, delivers, maxFee, functionId } = operation;
      const callback = delivers ? 'onAnswer' : '';
      if (what === 'web') return ['requestHttp', ...httpArgs({ callback, maxFee })];
      if (what === 'random') return ['requestRandom', ...randomArgs({ callback, maxFee })];
      return ['requestFunction', ...functionArgs({ functionId, callback, maxFee })];
    }
    case 'register':
      return ['registerFunction', utf8('f'), ...codeArgs(operation.code)];
    case 'update':
      return ['updateFunction', operation.functionId, ...codeArgs(operation.code)];
    case 'sponsor':
      return ['sponsor', operation.requester, operation.maxFee, operation.allowance];
    case 'accept':
      return ['acceptSponsor', operation.payer];
    case 'respond': {
      const { deliver, proofs } = operation;
      const answers = operation.ids.map((id) =>
        answer(id, { deliver, result: proofs.get(id) ?? utf8('1') }),
      );
      return [
        'respond',
        answers.map((each) => [each.requestId, each.code, each.result, each.deliver, null]),
      ];
    }
    case 'expire':
      return ['expire', operation.ids];
    case 'take':
      return ['takeResult', operation.id];
    case 'redeliver':
      return ['redeliver', operation.id];
    case 'proposeNode':
      return ['proposeNodeAccount', operation.account];
    case 'acceptNode':
      return ['acceptNodeAccount', operation.overlapBlocks];
    case 'revokeNode':
      return ['revokeNodeAccount'];
    case 'pause':
      return ['pause', operation.on];
    case 'upkeep':
      return upkeepCall(operation.act);
    case 'feed':
      return feedCall(operation.act);
  }
}
