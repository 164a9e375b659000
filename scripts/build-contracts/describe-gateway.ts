import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refusalsIn } from './go-literals.js';

interface Parameter {
  readonly name: string;
  readonly type: string;
}
interface Method {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returntype: string;
  readonly safe: boolean;
}
interface Manifest {
  readonly abi: {
    readonly methods: readonly Method[];
    readonly events: readonly { name: string; parameters: readonly Parameter[] }[];
  };
}
interface Notes {
  readonly deployData: readonly Parameter[];
  readonly callbacks: Record<string, string>;
  readonly parameters: Record<string, string>;
  readonly returns: Record<string, string>;
  /** Meanings of the forms that the trigger of an upkeep has. */
  readonly triggers: Record<string, string>;
  readonly rehearsals: readonly string[];
  readonly seedMessage: string;
  readonly possessionMessage: string;
  readonly nullable: readonly string[];
  /** Refusals that no test on a chain can bring about: they guard against what natives don't do. */
  readonly unreachable: readonly string[];
}

/**
 * The gateway's interface as one object: what the manifest says, what it can't say (abi.notes.json:
 * shapes of arrays, nulls), limits and codes out of the Go source, and each refusal's message.
 * Throws when the notes don't fit the manifest, or when two refusals share a message.
 */
export function describeGateway(folder: string, manifest: Manifest): unknown {
  const notes: Notes = JSON.parse(readFileSync(join(folder, 'abi.notes.json'), 'utf8'));
  const shapes = takeFrom(notes.parameters, 'parameter');
  const returned = takeFrom(notes.returns, 'return');
  const nullable = takeFrom(Object.fromEntries(notes.nullable.map((key) => [key, 'null'])), 'null');
  const methods = manifest.abi.methods.filter(({ name }) => !name.startsWith('_'));
  const abi = {
    contract: 'gateway',
    deployData: notes.deployData,
    methods: methods.map(({ name, parameters, returntype, safe }) => ({
      name,
      safe,
      parameters: parameters.map((parameter) => ({
        ...parameter,
        ...(parameter.type === 'Array'
          ? { items: shapes.required(`${name}.${parameter.name}`) }
          : {}),
      })),
      returns: returntype,
      ...shapeOf(returned, name, returntype),
    })),
    callbacks: notes.callbacks,
    events: manifest.abi.events.map(({ name, parameters }) => ({
      name,
      parameters: parameters.map((parameter) => ({
        ...parameter,
        ...(nullable.optional(`${name}.${parameter.name}`) ? { nullable: true } : {}),
      })),
    })),
    ...constantsOf(folder),
    triggers: notes.triggers,
    rehearsals: notes.rehearsals,
    seedMessage: notes.seedMessage,
    possessionMessage: notes.possessionMessage,
    refusals: refusalsOf(folder, notes.unreachable),
    unreachable: notes.unreachable,
  };
  for (const list of [shapes, returned, nullable]) list.assertAllTaken();
  return abi;
}

/** Limits, kinds, codes and the first policy: the constants of the Go source. */
function constantsOf(folder: string): Record<string, unknown> {
  const limits = readConstants(join(folder, 'limits.go'));
  const first = readConstants(join(folder, 'gateway.go'));
  const named = (list: Constant[], prefix: RegExp) =>
    Object.fromEntries(
      list
        .filter(({ name }) => prefix.test(name))
        .map(({ name, value, comment }) => [name, comment === '' ? value : { value, comment }]),
    );
  return {
    interfaceVersion: first.find(({ name }) => name === 'interfaceVersion')?.value,
    limits: named(limits, /^max/),
    kinds: named(limits, /^kind[A-Z]/),
    codes: named(limits, /^code/),
    firstPolicy: { premium: 0, ...named(first, /^first/) },
  };
}

interface Constant {
  readonly name: string;
  readonly value: number | string;
  readonly comment: string;
}

function readConstants(file: string): Constant[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const found =
      /^(?:\t|const )(\w+)\s+=\s+([\dxa-f]+(?: ?<< ?\d+)?(?: ?- ?1)?)\s*(?:\/\/ (.*))?$/.exec(line);
    if (found === null) return [];
    const [, name = '', expression = '', comment = ''] = found;
    return [{ name, value: evaluate(expression), comment }];
  });
}

/** An integer, possibly shifted, possibly less one. What a double can't hold becomes a string. */
function evaluate(expression: string): number | string {
  const [, base = '0', shift = '0', less] =
    /^(\w+)(?: ?<< ?(\d+))?( ?- ?1)?$/.exec(expression) ?? [];
  const value = (BigInt(base) << BigInt(shift)) - (less === undefined ? 0n : 1n);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}

function refusalsOf(folder: string, unreachable: readonly string[]): Record<string, string[]> {
  const seen = new Map<string, string>();
  const byFile: Record<string, string[]> = {};
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.go'))
    .sort()) {
    const refusals = refusalsIn(readFileSync(join(folder, file), 'utf8'));
    for (const refusal of refusals) {
      const before = seen.get(refusal);
      if (before !== undefined) {
        throw new Error(`${file} and ${before} refuse with the same message: ${refusal}`);
      }
      seen.set(refusal, file);
    }
    if (refusals.length > 0) byFile[file] = refusals;
  }
  const gone = unreachable.filter((refusal) => !seen.has(refusal));
  if (gone.length > 0) throw new Error(`abi.notes.json: no such refusal: ${gone.join(', ')}`);
  return byFile;
}

function shapeOf(notes: NoteTaker, method: string, type: string): { shape?: string } {
  const opaque = type === 'Array' || type === 'Any';
  const shape = opaque ? notes.required(method) : notes.optional(method);
  return shape === undefined ? {} : { shape };
}

type NoteTaker = ReturnType<typeof takeFrom>;

function takeFrom(notes: Record<string, string>, what: string) {
  const left = new Set(Object.keys(notes));
  const optional = (key: string) => {
    left.delete(key);
    return notes[key];
  };
  return {
    optional,
    required(key: string): string {
      const note = optional(key);
      if (note === undefined) throw new Error(`abi.notes.json does not describe ${what} ${key}`);
      return note;
    },
    assertAllTaken(): void {
      if (left.size > 0) {
        throw new Error(
          `abi.notes.json describes a ${what} that is not there: ${[...left].join(', ')}`,
        );
      }
    },
  };
}
