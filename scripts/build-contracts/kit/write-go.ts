import type { AbiType, KitField, KitInterface, KitMethod, KitParameter } from './kit-interface.js';
import { capitalised, GENERATED, wrapped } from './kit-words.js';

const TYPES: Readonly<Record<AbiType, string>> = {
  Any: 'any',
  Array: '[]any',
  Boolean: 'bool',
  ByteArray: '[]byte',
  Hash160: 'interop.Hash160',
  Integer: 'int',
  String: 'string',
  Void: '',
};

/** The wrappers of the Go package contracts/dodona. */
export function goSource({ groups, structs, codes }: KitInterface): string {
  return [
    ...GENERATED.map((line) => `// ${line}`),
    '',
    'package dodona',
    '',
    'import (',
    '\t"github.com/nspcc-dev/neo-go/pkg/interop"',
    '\t"github.com/nspcc-dev/neo-go/pkg/interop/contract"',
    ')',
    '',
    "// Codes of answers, those of Neo's native oracle. The result is empty with all but",
    '// Success.',
    'const (',
    ...codes.map(({ name, value }) => {
      const width = Math.max(...codes.map((code) => code.name.length));
      return `\t${name.padEnd(width)} = 0x${value.toString(16).padStart(2, '0')}`;
    }),
    ')',
    ...structs.flatMap(({ name, fields }) => [
      '',
      ...structComment(
        name,
        groups.flatMap(({ methods }) => methods),
      ),
      `type ${name} struct {`,
      ...fields.flatMap((field, at) => [...(at === 0 ? [] : ['']), ...fieldLines(field)]),
      '}',
    ]),
    ...groups.flatMap(({ methods }) => methods.flatMap(methodLines)),
    '',
  ].join('\n');
}

function structComment(struct: string, methods: readonly KitMethod[]): string[] {
  const by = methods
    .filter((method) => method.struct?.name === struct)
    .map(({ name }) => capitalised(name));
  const returned = by.length === 1 ? 'returns' : 'return';
  return wrapped(`${struct} is what ${by.join(' and ')} ${returned}.`, '// ');
}

function fieldLines({ name, type, note }: KitField): string[] {
  const comment = note === '' ? [] : wrapped(`${capitalised(name)}: ${note}.`, '\t// ');
  return [...comment, `\t${capitalised(name)} ${TYPES[type]}`];
}

const typeOf = ({ type, items }: KitParameter): string =>
  items === null ? TYPES[type] : `[]${TYPES[items]}`;

function methodLines(method: KitMethod): string[] {
  const { name, parameters, struct, returns } = method;
  const given = parameters.map((parameter) => `${parameter.name} ${typeOf(parameter)}`).join(', ');
  const flags = method.safe ? 'contract.ReadOnly' : 'contract.All';
  const passed = [`"${name}"`, flags, ...parameters.map((parameter) => parameter.name)].join(', ');
  const call = `contract.Call(interop.Hash160(g), ${passed})`;
  const result = struct === null ? TYPES[returns] : `*${struct.name}`;
  return [
    '',
    ...wrapped(`${capitalised(name)} ${method.text}`, '// '),
    ...refusalLines(method),
    `func (g Gateway) ${capitalised(name)}(${given})${result === '' ? '' : ` ${result}`} {`,
    `\t${result === '' ? call : `return ${typed(call, result)}`}`,
    '}',
  ];
}

function refusalLines({ refuses }: KitMethod): string[] {
  if (refuses.length === 0) return [];
  const items = refuses.map((refusal) => `//   - ${refusal}`);
  return ['//', '// It FAULTs with, among others:', ...items];
}

/** Hashes and bytes stay a ByteString, as the machine has them, so that EQUAL compares them. */
function typed(call: string, type: string): string {
  if (type === 'any') return call;
  if (type === 'interop.Hash160' || type === '[]byte') return `${type}(${call}.(string))`;
  return `${call}.(${type})`;
}
