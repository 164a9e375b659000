import { getQuickJS, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten';
import { systemClock } from '../../src/base/clock.js';
import { FunctionRun } from '../../src/sandbox/function-run.js';
import { FunctionVm } from '../../src/sandbox/function-vm.js';
import { DEFAULT_SANDBOX_LIMITS } from '../../src/sandbox/limits.js';
import type { FromThread, RunTask } from '../../src/sandbox/thread-messages.js';
import type { IsolatedVm } from './isolated-vm.js';

/** A function to be run: text of a module, and JSON. */
export interface BenchFunction {
  readonly source: string;
  readonly args: string;
}

/** Evaluates the module, calls its function with the arguments, and answers the result's JSON. */
export type RunFunction = (call: BenchFunction) => string | Promise<string>;

/** One execution of the sandbox, as its threads make them, with the way back to the snapshot. */
export async function ourRunner(): Promise<RunFunction> {
  let current: FunctionRun | null = null;
  const { heapBytes, stackBytes } = DEFAULT_SANDBOX_LIMITS;
  const vm = await FunctionVm.create({
    heapBytes,
    stackBytes,
    shouldInterrupt: () => current?.shouldInterrupt() ?? false,
    side: () => current as FunctionRun,
  });
  let said: FromThread | null = null;
  const send = (message: FromThread): void => {
    said = message;
  };
  return ({ source, args }) => {
    const { requestId, requester, block, seed, limits, allowedHosts } = KNOWN;
    const task = { source, args, requestId, requester, block, seed, limits, allowedHosts };
    current = new FunctionRun({ run: 1, task, vm, clock: systemClock, send });
    current.start();
    const text = resultOf(said);
    if (!vm.reusable) return vm.renew().then(() => text);
    vm.reset();
    return text;
  };
}

const KNOWN: Omit<RunTask, 'source' | 'args'> = {
  requestId: '1',
  requester: '0x1111111111111111111111111111111111111111',
  block: { index: 1, timeMs: 1_767_000_000_000 },
  seed: [1, 2, 3, 4],
  limits: DEFAULT_SANDBOX_LIMITS,
  allowedHosts: null,
};

function resultOf(said: FromThread | null): string {
  if (said?.kind !== 'done' || said.end.kind !== 'returned') {
    throw new Error(`the function did not return: ${JSON.stringify(said)}`);
  }
  return Buffer.from(said.end.bytes).toString();
}

/** quickjs-emscripten as it comes: one VM, as the executions before have left it; no limits. */
export async function dirtyRunner(): Promise<RunFunction> {
  const quickJs = await getQuickJS();
  const context = quickJs.newContext();
  return (call) => runIn(context, call);
}

/** quickjs-emscripten with a runtime and a context for each execution. */
export async function freshRunner(): Promise<RunFunction> {
  const quickJs = await getQuickJS();
  return (call) => {
    const runtime = quickJs.newRuntime();
    const context = runtime.newContext();
    const text = runIn(context, call);
    context.dispose();
    runtime.dispose();
    return text;
  };
}

function runIn(context: QuickJSContext, { source, args }: BenchFunction): string {
  const owned: QuickJSHandle[] = [];
  const own = (handle: QuickJSHandle): QuickJSHandle => {
    owned.push(handle);
    return handle;
  };
  const json = own(context.getProp(context.global, 'JSON'));
  const [parse, stringify] = ['parse', 'stringify'].map((name) => own(context.getProp(json, name)));
  if (parse === undefined || stringify === undefined) throw new Error('bug: no JSON');
  const call = (fn: QuickJSHandle, arg: QuickJSHandle): QuickJSHandle =>
    own(context.unwrapResult(context.callFunction(fn, context.undefined, arg)));
  const evaluated = context.evalCode(source, 'function.js', { type: 'module' });
  const main = own(context.getProp(own(context.unwrapResult(evaluated)), 'default'));
  const promise = call(main, call(parse, own(context.newString(args))));
  context.runtime.executePendingJobs();
  const state = context.getPromiseState(promise);
  if (state.type !== 'fulfilled') throw new Error(`the promise is ${state.type}`);
  const text = context.getString(call(stringify, own(state.value)));
  for (const handle of owned) if (handle.alive) handle.dispose();
  return text;
}

/** isolated-vm with an isolate for each execution. */
export function isolateRunner({ Isolate }: IsolatedVm): RunFunction {
  return async ({ source, args }) => {
    const isolate = new Isolate({ memoryLimit: 32 });
    const context = isolate.createContextSync();
    const module = isolate.compileModuleSync(source);
    module.instantiateSync(context, (name) => {
      throw new Error(`nothing to import: ${name}`);
    });
    module.evaluateSync();
    const main = module.namespace.getSync('default', { reference: true });
    const result = await main.apply(undefined, [JSON.parse(args)], {
      arguments: { copy: true },
      result: { promise: true, copy: true },
    });
    isolate.dispose();
    return JSON.stringify(result);
  };
}
