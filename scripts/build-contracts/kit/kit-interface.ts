import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Types of the gateway's interface, as its manifest names them. */
const ABI_TYPES = [
  'Any',
  'Array',
  'Boolean',
  'ByteArray',
  'Hash160',
  'Integer',
  'String',
  'Void',
] as const;
export type AbiType = (typeof ABI_TYPES)[number];

export interface KitParameter {
  readonly name: string;
  readonly type: AbiType;
  /** Of an Array whose items are all of one type; else null. */
  readonly items: AbiType | null;
}

export interface KitField {
  readonly name: string;
  readonly type: AbiType;
  /** What the type does not say: units, or when it is null; "" where nothing is. */
  readonly note: string;
}

export interface KitStruct {
  readonly name: string;
  readonly fields: readonly KitField[];
}

export interface KitMethod {
  readonly name: string;
  readonly safe: boolean;
  readonly parameters: readonly KitParameter[];
  readonly returns: AbiType;
  /** Of an Array that has a fixed shape. */
  readonly struct: KitStruct | null;
  /** A sentence and more whose subject is the method. */
  readonly text: string;
  /** Messages that it FAULTs with. */
  readonly refuses: readonly string[];
}

export interface KitGroup {
  readonly title: string;
  readonly methods: readonly KitMethod[];
}

/** What contracts of authors call, in the words of no language. */
export interface KitInterface {
  readonly groups: readonly KitGroup[];
  /** Each once, in the order of the methods that return them. */
  readonly structs: readonly KitStruct[];
  /** Code names without prefix, e.g. NotFound, in the order of their values. */
  readonly codes: readonly { readonly name: string; readonly value: number }[];
  readonly version: number;
}

/** What this reads of gateway.abi.json. */
export interface KitAbi {
  readonly methods: readonly {
    readonly name: string;
    readonly safe: boolean;
    readonly parameters: readonly { name: string; type: string; items?: string }[];
    readonly returns: string;
    readonly shape?: string;
  }[];
  readonly codes: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number | string | { readonly value: number | string }>>;
  readonly refusals: Readonly<Record<string, readonly string[]>>;
  readonly interfaceVersion: number;
}

interface Notes {
  readonly groups: readonly {
    readonly title: string;
    readonly methods: Readonly<
      Record<string, { text: string; struct?: string; refuses?: readonly string[] }>
    >;
  }[];
  readonly others: Readonly<Record<string, string>>;
}

/**
 * Reads contracts/kit/methods.yml beside the gateway's interface. Throws when a method of the
 * gateway is in neither of its lists, or a refusal, limit or shape is not one of the gateway.
 */
export function kitInterface(notesFile: string, abi: KitAbi): KitInterface {
  const notes = parse(readFileSync(notesFile, 'utf8')) as Notes;
  requireAllMethods(notes, abi);
  const groups = notes.groups.map(({ title, methods }) => ({
    title,
    methods: Object.entries(methods).map(([name, note]) => {
      const method = abi.methods.find((candidate) => candidate.name === name);
      if (method === undefined) throw new Error(`bug: ${name} was found and is gone`);
      const refuses = note.refuses ?? [];
      for (const message of refuses) requireRefusal(name, message, abi);
      return {
        name,
        safe: method.safe,
        parameters: method.parameters.map(parameterOf),
        returns: abiType(method.returns),
        struct: note.struct === undefined ? null : structOf(note.struct, method.shape ?? ''),
        text: filled(note.text, abi),
        refuses,
      };
    }),
  }));
  const structs = new Map<string, KitStruct>();
  for (const { struct } of groups.flatMap(({ methods }) => methods)) {
    if (struct !== null) structs.set(struct.name, struct);
  }
  const codes = Object.entries(abi.codes).map(([name, value]) => ({
    name: name.replace(/^code/, ''),
    value,
  }));
  return { groups, structs: [...structs.values()], codes, version: abi.interfaceVersion };
}

function requireAllMethods(notes: Notes, abi: KitAbi): void {
  const told = [...notes.groups.flatMap(({ methods }) => Object.keys(methods))];
  const listed = [...told, ...Object.keys(notes.others)];
  const known = abi.methods.map(({ name }) => name);
  const missing = known.filter((name) => !listed.includes(name));
  const gone = listed.filter((name, at) => !known.includes(name) || listed.indexOf(name) !== at);
  if (missing.length + gone.length === 0) return;
  throw new Error(
    `contracts/kit/methods.yml: not there or twice: ${gone.join(', ') || 'none'}; ` +
      `methods of the gateway that it does not tell: ${missing.join(', ') || 'none'}`,
  );
}

function requireRefusal(method: string, message: string, abi: KitAbi): void {
  if (Object.values(abi.refusals).flat().includes(message)) return;
  throw new Error(`contracts/kit/methods.yml: ${method}: the gateway never says "${message}"`);
}

/** Puts the limits into a text. */
function filled(text: string, abi: KitAbi): string {
  return text.trim().replace(/\{(max\w+|interfaceVersion)\}/g, (_, name: string) => {
    const limit = name === 'interfaceVersion' ? abi.interfaceVersion : abi.limits[name];
    if (limit === undefined) throw new Error(`contracts/kit/methods.yml: no limit is ${name}`);
    return String(typeof limit === 'object' ? limit.value : limit);
  });
}

function parameterOf({ name, type, items }: KitAbi['methods'][number]['parameters'][number]) {
  const [, item] = /^(\w+) each$/.exec(items ?? '') ?? [];
  return { name, type: abiType(type), items: item === undefined ? null : abiType(item) };
}

/** Reads a shape such as `[price Integer, timestamp Integer (milliseconds)], null when …`. */
function structOf(name: string, shape: string): KitStruct {
  const [, list] = /^\[(.*?)\](?:,.*)?$/.exec(shape) ?? [];
  if (list === undefined) throw new Error(`contracts/kit/methods.yml: ${name} has no fixed shape`);
  const fields = list.split(/,(?![^(]*\)) /).map((text) => {
    const [, field, type, rest = ''] = /^(\w+) (\w+)(.*)$/.exec(text.trim()) ?? [];
    if (field === undefined || type === undefined) throw new Error(`the shape has "${text}"`);
    return { name: field, type: abiType(type), note: fieldNote(rest.trim()) };
  });
  return { name, fields };
}

/** What a shape says behind a field's type, in words that can stand alone. */
const fieldNote = (rest: string): string =>
  rest
    .replace(/^\((.*)\)$/, '$1')
    .replace(/^or null$/, 'may be null')
    .replace(/^of (\w+)$/, 'each a $1');

function abiType(type: string): AbiType {
  const known = ABI_TYPES.find((candidate) => candidate === type);
  if (known === undefined) throw new Error(`the kit does not know the type ${type}`);
  return known;
}
