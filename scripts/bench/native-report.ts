import type { Datoshi } from '../../src/base/datoshi.js';
import type { Burst, NativeMeasured } from './native.js';
import { type BenchResult, type Figure, figure } from './report.js';
import { median, percentile } from './statistics.js';

const DATOSHI_IN_GAS = 1e8;
type Name = 'dodona' | 'native';

/** The node's figures, and those of the native service as what they are compared with. */
export function nativeResult(measured: NativeMeasured): BenchResult {
  const { plan, samples, bursts } = measured;
  const node = figuresOf(measured, 'dodona');
  const native = figuresOf(measured, 'native');
  const ratio = (name: string, of: keyof typeof node): Figure =>
    figure(name, node[of] / native[of], 'x');
  return {
    bench: 'native',
    summary:
      `${samples.dodona.length} single requests to each in turns, and ${bursts.dodona.length} ` +
      `bursts of ${plan.burst} to each in turns, on one chain with blocks of ${plan.blockMs} ms: ` +
      "the same consumer and filter, one HTTPS source; neo-go's own oracle service is the " +
      'floor. Latency is from the block being announced to the answer being in the memory pool',
    figures: [
      figure('p50', node.p50, 'ms'),
      figure('p99', node.p99, 'ms'),
      figure('inNextBlock', measured.inNextBlock.dodona, '%'),
      figure('answersPerSecond', node.rate, 'answers/s'),
      figure('answersInTransaction', node.together, 'answers'),
      figure('cpuPerAnswer', node.cpuPerAnswer, 'ms'),
      figure('gas', gasOf(measured.prices.usual.dodona), 'GAS'),
      figure('gasTogether', gasOf(measured.prices.usual.dodonaTogether), 'GAS'),
      figure('gasAtTenth', gasOf(measured.prices.tenth.dodona), 'GAS'),
      figure('gasTogetherAtTenth', gasOf(measured.prices.tenth.dodonaTogether), 'GAS'),
      figure('peakResident', peakOf(bursts.dodona, 'node'), 'MB'),
      figure('chainPeakResident', peakOf(bursts.dodona, 'chain'), 'MB'),
      figure('stranded', strandedOf(bursts.dodona, plan.burst), 'answers'),
      ratio('latencyToNative', 'p50'),
      ratio('rateToNative', 'rate'),
      ratio('cpuToNative', 'cpuPerAnswer'),
      ratio('gasToNative', 'gas'),
    ],
    floor: [
      figure('nativeP50', native.p50, 'ms'),
      figure('nativeP99', native.p99, 'ms'),
      figure('nativeInNextBlock', measured.inNextBlock.native, '%'),
      figure('nativeAnswersPerSecond', native.rate, 'answers/s'),
      figure('nativeCpuPerAnswer', native.cpuPerAnswer, 'ms'),
      figure('nativeGas', gasOf(measured.prices.usual.native), 'GAS'),
      figure('nativeGasAtTenth', gasOf(measured.prices.tenth.native), 'GAS'),
      figure('nativeChainPeakResident', peakOf(bursts.native, 'chain'), 'MB'),
      figure('unansweredChainPeakResident', measured.unanswered.native.peakMb, 'MB'),
      figure('nativeStranded', strandedOf(bursts.native, plan.burst), 'answers'),
    ],
  };
}

function figuresOf({ samples, bursts, unanswered, prices, plan }: NativeMeasured, name: Name) {
  const latencies = samples[name].map(({ latencyMs }) => latencyMs);
  const cpu = bursts[name].map(({ cpuMs, stored }) => {
    // The native service is a part of neo-go, and the idle node no part of the native service.
    const all = cpuMs.chain + (name === 'dodona' ? cpuMs.node : 0);
    return (all - unanswered[name].chain) / stored;
  });
  return {
    p50: median(latencies),
    p99: percentile(latencies, 0.99),
    rate: median(bursts[name].map(({ stored, durationMs }) => (1_000 * stored) / durationMs)),
    together: median(bursts[name].map(({ stored, transactions }) => stored / transactions)),
    cpuPerAnswer: median(cpu),
    gas: gasOf(prices.usual[name]),
    burst: plan.burst,
  };
}

const gasOf = (amount: Datoshi): number => Number(amount) / DATOSHI_IN_GAS;

const peakOf = (bursts: readonly Burst[], of: keyof Burst['peakMb']): number =>
  median(bursts.map(({ peakMb }) => peakMb[of]));

/** Answers that did not come while they were waited for, over all bursts. */
const strandedOf = (bursts: readonly Burst[], asked: number): number =>
  bursts.reduce((sum, { stored }) => sum + asked - stored, 0);
