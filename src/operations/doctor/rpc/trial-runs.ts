import type { Clock } from '../../../base/clock.js';
import { DATOSHI_PER_GAS, type Datoshi, formatGas } from '../../../base/datoshi.js';
import { interopId } from '../../../chain/interop-id.js';
import { invokeCall, parseInvocation } from '../../../chain/invocation.js';
import { createPreflight } from '../../../chain/preflight.js';
import type { Rpc, RpcOptions } from '../../../chain/rpc.js';
import { Opcode, pushScript } from '../../../chain/script.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, fail, given, ok, skipped } from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

const BPS = 10_000n;

/**
 * The most that a preflight may use: with the margin on top, its transaction has the highest system
 * fee that the node sends.
 */
export function dearestPreflight({ pipeline }: Pick<NodeConfig, 'pipeline'>): Datoshi {
  const { maxSystemFeeDatoshi: most, feeMarginBps, feeMarginMinDatoshi } = pipeline;
  const byShare = (most * BPS) / (BPS + BigInt(feeMarginBps));
  const byLeast = most > feeMarginMinDatoshi ? most - feeMarginMinDatoshi : 0n;
  return byShare < byLeast ? byShare : byLeast;
}

/** Uses that much gas in one step, whatever the network's prices (System.Runtime.BurnGas). */
const burnScript = (amount: Datoshi): Buffer =>
  Buffer.concat([
    pushScript(amount),
    Buffer.from([Opcode.SYSCALL]),
    interopId('System.Runtime.BurnGas'),
  ]);

/** Beside what is burnt: the steps of the script, at most. */
const SPARE: Datoshi = 100_000n;

async function lends(rpc: Rpc, amount: Datoshi, options: RpcOptions): Promise<boolean> {
  const { method, params } = invokeCall(burnScript(amount > SPARE ? amount - SPARE : 1n), []);
  const answer = await rpc.call(method, params, options);
  return parseInvocation(answer, 'a script that burns gas').state === 'HALT';
}

/**
 * Whether it lends trial runs (invokescript) as much gas as the dearest answer needs. Its limit,
 * MaxGasInvoke, is told by no call: a script that uses so much finds out. No block knows of it.
 */
export const trialGasCheck = (endpoint: Endpoint, config: Pick<NodeConfig, 'pipeline'>): Check =>
  check(
    'rpc.trial-gas',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async () => {
        const needed = dearestPreflight(config);
        if (await lends(endpoint.rpc, needed, { signal })) {
          return ok(`invokescript lends ${gasText(needed)}, what the dearest answer may use`);
        }
        const lent = await mostLent(endpoint.rpc, needed, { signal });
        return fail({
          expected: `MaxGasInvoke of ${gasText(needed)} or more, for the dearest answer`,
          found: lent === 0n ? 'less than 1 GAS' : `some ${lent / DATOSHI_PER_GAS} GAS`,
          fix:
            "Raise MaxGasInvoke in the endpoint's configuration, name another endpoint, or lower " +
            'pipeline.maxSystemFee: dearer answers are then given up.',
        });
      }),
    endpoint.label,
  );

/** Whole GAS that it lends, below what it does not. */
async function mostLent(rpc: Rpc, tooMuch: Datoshi, options: RpcOptions): Promise<Datoshi> {
  let [low, high] = [0n, (tooMuch + DATOSHI_PER_GAS - 1n) / DATOSHI_PER_GAS];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await lends(rpc, middle * DATOSHI_PER_GAS, options)) low = middle;
    else high = middle;
  }
  return low * DATOSHI_PER_GAS;
}

const gasText = (amount: Datoshi): string => `${formatGas(amount)} GAS`;

/** neo-go's trial run of a script inside its transaction. */
export const containedTrialCheck = (
  endpoint: Endpoint,
  { network, gateway }: Pick<NodeConfig, 'network' | 'gateway'>,
  clock: Clock,
): Check =>
  check(
    'rpc.contained-trial',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async ({ height }) => {
        if (network.dialect === 'portable') return skipped('network.dialect is portable');
        const preflight = createPreflight({ rpc: endpoint.rpc, clock, mode: 'auto' });
        const { contained } = await preflight(
          {
            script: pushScript(true),
            signers: [{ account: gateway.hash, scope: 'CalledByEntry' }],
            systemFee: 0n,
            networkFee: 0n,
            nonce: 0,
            validUntilBlock: height + 1,
          },
          { signal },
        );
        return contained
          ? ok('invokecontainedscript: callbacks are tried with fees and nonce as in the block')
          : ok(
              'no invokecontainedscript: on trial, callbacks see fees and nonce 0; one that ' +
                'depends on them may FAULT in the block, and is then answered alone, or into its ' +
                'inbox',
            );
      }),
    endpoint.label,
  );
