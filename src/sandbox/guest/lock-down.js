/**
 * Makes the realm fit for strangers: nothing in it can be changed, no code can be made from text,
 * and nothing shares memory. The snapshot is taken after this.
 */

/** Prototypes that only syntax or calls lead to. */
function hiddenPrototypes() {
  const iterators = [
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ''[Symbol.iterator](),
    'a'.matchAll(/a/g),
    [1].values().map((value) => value),
    Iterator.from({ next: () => ({ done: true }) }),
    (function* () {})(),
    (async function* () {})(),
  ];
  const functions = [function* () {}, async () => {}, async function* () {}];
  return [...iterators, ...functions].map((value) => Object.getPrototypeOf(value));
}

function refusing(name, prototype) {
  function refused() {
    throw new EvalError('code made from text is not run: only the registered code is');
  }
  Object.defineProperty(refused, 'name', { value: name });
  Object.defineProperty(refused, 'prototype', { value: prototype, writable: false });
  return refused;
}

/** No code is made from text: what runs is the code whose hash is registered. */
function refuseCodeFromText() {
  for (const sample of [() => {}, function* () {}, async () => {}, async function* () {}]) {
    const prototype = Object.getPrototypeOf(sample);
    const value = refusing(prototype.constructor.name, prototype);
    Object.defineProperty(prototype, 'constructor', { value });
  }
  globalThis.Function = Function.prototype.constructor;
  globalThis.eval = refusing('eval', undefined);
}

/**
 * Lets objects that inherit these properties have their own by assignment (`this.name = 'Mine'`),
 * which a frozen data property forbids, but an accessor can allow.
 */
function allowOverride(prototype, names) {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (descriptor === undefined || !('value' in descriptor) || !descriptor.configurable) continue;
    const { value, enumerable } = descriptor;
    const accessors = {
      get [name]() {
        return value;
      },
      set [name](own) {
        if (this === prototype || Object(this) !== this) {
          throw new TypeError(`cannot change ${name} of a built-in`);
        }
        Object.defineProperty(this, name, {
          value: own,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
    };
    const { get, set } = Object.getOwnPropertyDescriptor(accessors, name);
    Object.defineProperty(prototype, name, { get, set, enumerable, configurable: true });
  }
}

function allowOverrides() {
  allowOverride(Object.prototype, Reflect.ownKeys(Object.prototype));
  allowOverride(Function.prototype, ['name', 'toString', 'constructor']);
  allowOverride(Array.prototype, ['toString', 'constructor']);
  allowOverride(Promise.prototype, ['constructor']);
  for (const name of Reflect.ownKeys(globalThis)) {
    const { prototype } = globalThis[name] ?? {};
    if (prototype === Error.prototype || prototype instanceof Error) {
      allowOverride(prototype, ['name', 'message', 'toString', 'constructor']);
    }
  }
}

/**
 * Freezes everything that can be reached from the given objects. What is frozen has been seen, so
 * nothing may be frozen before; a list of all that was seen would be left in the memory.
 */
function freezeAll(roots) {
  const todo = [];
  const found = (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (isObject && !Object.isFrozen(value)) todo.push(Object.freeze(value));
  };
  roots.forEach(found);
  while (todo.length > 0) {
    const object = todo.pop();
    found(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
      found(value);
      found(get);
      found(set);
    }
  }
}

/** Locks the realm; `roots` are objects that authors are given besides what is global. */
export function lockDown(roots) {
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;
  const hidden = hiddenPrototypes();
  refuseCodeFromText();
  allowOverrides();
  freezeAll([globalThis, ...hidden, ...roots]);
}
