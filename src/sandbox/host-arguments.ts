import assert from 'node:assert/strict';
import type { QuickJsVm } from './quickjs-vm.js';
import type { Pointer } from './vm-values.js';

/** A function of the program around, called from inside with references to its arguments. */
export type HostFunction = (args: HostArguments) => Pointer | undefined;

/** What a function of the program around was called with. */
export class HostArguments {
  /** Whose arguments they are, and where a result is to be made. */
  readonly vm: QuickJsVm;
  readonly count: number;
  readonly #list: Pointer;

  constructor(vm: QuickJsVm, count: number, list: Pointer) {
    this.vm = vm;
    this.count = count;
    this.#list = list;
  }

  isUndefined(index: number): boolean {
    return index >= this.count || this.vm.isUndefined(this.#at(index));
  }

  number(index: number): number {
    return this.vm.number(this.#at(index));
  }

  boolean(index: number): boolean {
    return this.number(index) === 1;
  }

  /** A text of at most so many UTF-16 units; null when it is longer. */
  text(index: number, maxChars: number): string | null {
    return this.vm.text(this.#at(index), maxChars);
  }

  /** A copy of a part of an ArrayBuffer. */
  bytes(index: number, offset: number, length: number): Buffer {
    return this.vm.bytes(this.#at(index), offset, length);
  }

  #at(index: number): Pointer {
    assert.ok(index < this.count, 'bug: too few arguments');
    return this.vm.argument(this.#list, index);
  }
}
