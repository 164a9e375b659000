import { type Attack, QUICK_MS } from '../attack.js';

/** From any object to its constructor's constructor, which would make code from text. */
const CHAINS = [
  '(() => {}).constructor',
  '(function* () {}).constructor',
  '(async () => {}).constructor',
  '(async function* () {}).constructor',
  'ctx.constructor.constructor',
  'ctx.fetch.constructor',
  'ctx.log.constructor',
  'ctx.secrets.get.constructor',
  'Object.getPrototypeOf(ctx.fetch).constructor',
  'Object.getPrototypeOf(async function* () {}).constructor',
  'Reflect.getPrototypeOf(class {}).constructor',
  'Function',
  'Object.getPrototypeOf(Function.prototype.constructor).constructor',
  'globalThis.constructor.constructor',
  'new Proxy(Function, {})',
];

export default {
  against: 'constructor chains',
  attempts: [
    {
      it: 'makes no code from text, whichever way its maker is found',
      source: `export default (args, ctx) => [${CHAINS.map((chain) => `() => ${chain}`).join(', ')}]
        .map((find) => { try { const make = find(); return typeof make('return 1'); }
          catch (error) { return error.name; } })`,
      ends: 'returned',
      returns: CHAINS.map(() => 'EvalError'),
      withinMs: QUICK_MS,
    },
    {
      it: 'does so too when it is called as a constructor, extended or bound',
      source: `export default () => [
        () => new Function('return 1'),
        () => Reflect.construct(Function, ['return 1']),
        () => Reflect.construct(Object, ['return 1'], Function) instanceof Function && 'harmless',
        () => new (class extends Function {})('return 1'),
        () => Function.bind(null, 'return 1')(),
        () => Function.call(null, 'return 1'),
        () => eval('1'),
        () => (0, eval)('1'),
        () => globalThis.eval('1'),
        () => Reflect.apply(eval, null, ['1']),
      ].map((attempt) => { try { return attempt(); } catch (error) { return error.name; } })`,
      ends: 'returned',
      returns: [
        'EvalError',
        'EvalError',
        'harmless',
        'EvalError',
        'EvalError',
        'EvalError',
        'EvalError',
        'EvalError',
        'EvalError',
        'EvalError',
      ],
      withinMs: QUICK_MS,
    },
    {
      it: 'knows nothing of Node or of the web but what is documented',
      source: `export default () => ['process', 'require', 'global', 'Buffer', 'module', 'exports',
        'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance',
        'crypto', 'WebAssembly', 'Worker', 'importScripts', 'XMLHttpRequest', 'WebSocket', 'std',
        'os', 'bjson', 'print', 'dodonaHost', 'SharedArrayBuffer', 'Atomics', 'navigator',
        'structuredClone', 'host', 'gc'].filter((name) => name in globalThis)`,
      ends: 'returned',
      returns: [],
      withinMs: QUICK_MS,
    },
    {
      it: 'gives no way from a stack trace or a call to its caller',
      source: `function victim() { return [() => victim.caller, () => victim.arguments,
          () => arguments.callee, () => arguments.callee.caller, () => Error.prepareStackTrace,
          () => Error.captureStackTrace]
        .map((attempt) => { try { return String(attempt()); } catch (error) { return error.name;
          } }) }
        export default () => victim().filter((found) => found !== 'TypeError')`,
      ends: 'returned',
      returns: ['undefined', 'undefined'],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
