import { NodeError } from '../base/node-error.js';
import { type ContractRead, contractRead } from './contract-read.js';
import { invokeCall, parseInvocation, stackOf } from './invocation.js';
import { GAS_TOKEN, LEDGER_CONTRACT } from './native-contracts.js';
import { isRpcError, type Rpc, RpcCode, type RpcOptions } from './rpc.js';
import type { StackItem } from './stack-item.js';
import { asInteger } from './stack-item-values.js';

export type Figure = ContractRead<bigint>;

/** What figures were when the block of this index was the latest. */
export interface FiguresAt {
  readonly height: number;
  readonly values: readonly bigint[];
}

/** Of one exchange: 100 reads cost 3 GAS at Neo's default prices, and nodes lend 10 or more. */
export const MAX_FIGURES = 100;

const INDEX: Figure = contractRead(LEDGER_CONTRACT, 'currentIndex', [], asInteger);
const SUPPLY: Figure = contractRead(GAS_TOKEN, 'totalSupply', [], asInteger);

/**
 * Figures of the latest block; null where a block came between the reading of the first and of the
 * last. neo-go runs a script on its living state but tells it the index of the block at which the
 * script began, so the index alone does not show that (tried: one of 180 readings was mixed). GAS's
 * supply changes with every block, by the committee's reward: it stands around the figures.
 * Rejects with a retryable NodeError FIGURES_UNREAD where the answer is none, else as `Rpc` does.
 * At most MAX_FIGURES.
 */
export async function readFigures(
  rpc: Rpc,
  figures: readonly Figure[],
  options: RpcOptions = {},
): Promise<FiguresAt | null> {
  const all = [INDEX, SUPPLY, ...figures, SUPPLY];
  const { method, params } = callOf(figures, all);
  const [height, supply, ...rest] = valuesOf(all, await rpc.call(method, params, options));
  const supplyAfter = rest.pop();
  return supply === supplyAfter ? { height: Number(height), values: rest } : null;
}

/** How nodes refuse to look back: not kept, not kept any more, or a call that they lack. */
const NO_PAST: readonly number[] = [
  RpcCode.UnsupportedState,
  RpcCode.MethodNotFound,
  RpcCode.InternalError,
  RpcCode.InvalidParams,
];

/**
 * Figures as they were after an earlier block (`invokescripthistoric`, neo-go), or null where no
 * endpoint keeps that state, or the contract was not there yet. Rejects like `readFigures`. At most
 * MAX_FIGURES.
 */
export async function readFiguresAt(
  rpc: Rpc,
  height: number,
  figures: readonly Figure[],
  options: RpcOptions = {},
): Promise<readonly bigint[] | null> {
  const { params } = callOf(figures, figures);
  try {
    const answer = await rpc.call('invokescripthistoric', [height, ...params], options);
    return isFault(answer) ? null : valuesOf(figures, answer);
  } catch (thrown) {
    if (isRpcError(thrown, ...NO_PAST)) return null;
    throw thrown;
  }
}

function callOf(figures: readonly Figure[], all: readonly Figure[]) {
  if (figures.length > MAX_FIGURES) {
    throw new Error(`bug: ${figures.length} figures are more than the ${MAX_FIGURES} of one call`);
  }
  return invokeCall(Buffer.concat(all.map(({ script }) => script)), []);
}

const isFault = (answer: unknown): boolean =>
  (answer as { state?: unknown } | null)?.state === 'FAULT';

/** Whatever an endpoint answers, it is the endpoint's trouble: the reads are of safe methods. */
function valuesOf(figures: readonly Figure[], answer: unknown): bigint[] {
  try {
    const what = 'a read of balances';
    const stack = stackOf(parseInvocation(answer, what), what, figures.length);
    return figures.map((figure, at) => figure.decode(stack[at] as StackItem));
  } catch (cause) {
    throw new NodeError('FIGURES_UNREAD', 'the endpoint does not tell the balances', {
      retryable: true,
      hint: 'Use another RPC endpoint if this one keeps doing so.',
      cause,
    });
  }
}
