import { sha256, toHex } from '../../src/base/bytes.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { Operation, TestCode } from './operations.js';

/* What the design says of functions and their code, to run beside a real gateway. */

export type FunctionOperation = Extract<Operation, { kind: 'register' | 'update' }>;

interface ModelFunction {
  readonly owner: Hash160;
  codeHash: string;
}

interface ModelCode {
  source: string;
  readonly uris: string[];
}

export class FunctionsModel {
  /** By id, from 1 on. */
  readonly list: ModelFunction[] = [];
  readonly codes = new Map<string, ModelCode>();

  get(id: bigint): ModelFunction | null {
    return this.list[Number(id) - 1] ?? null;
  }

  refusalOf(operation: FunctionOperation, paused: boolean): string | null {
    if (operation.kind === 'update') {
      const changed = this.get(operation.functionId);
      if (changed === null) return 'no function has this id to update';
      if (changed.owner !== operation.by) return "only the function's owner may update it";
      if (paused) return 'the gateway is paused: no function can be updated';
    } else if (paused) {
      return 'the gateway is paused: it takes no new functions';
    }
    const { source, onChain, uri } = operation.code;
    if (onChain || uri !== '' || this.codes.has(hashOf(source))) return null;
    return 'source and uri are empty, and the code of this codeHash is not known';
  }

  perform(operation: FunctionOperation): void {
    const codeHash = this.#keep(operation.code);
    if (operation.kind === 'register') {
      this.list.push({ owner: operation.by, codeHash });
      return;
    }
    const changed = this.get(operation.functionId);
    if (changed !== null) changed.codeHash = codeHash;
  }

  #keep({ source, onChain, uri }: TestCode): string {
    const codeHash = hashOf(source);
    const known = this.codes.get(codeHash) ?? { source: '', uris: [] };
    if (onChain) known.source = source;
    if (uri !== '' && !known.uris.includes(uri)) known.uris.push(uri);
    this.codes.set(codeHash, known);
    return codeHash;
  }
}

const hashOf = (source: string): string => toHex(sha256(source));
