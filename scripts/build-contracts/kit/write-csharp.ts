import type { AbiType, KitInterface, KitMethod, KitParameter, KitStruct } from './kit-interface.js';
import { capitalised, GENERATED, wrapped } from './kit-words.js';

const TYPES: Readonly<Record<AbiType, string>> = {
  Any: 'object',
  Array: 'object[]',
  Boolean: 'bool',
  ByteArray: 'ByteString',
  Hash160: 'UInt160',
  Integer: 'BigInteger',
  String: 'string',
  Void: 'void',
};

/** The wrappers for Neo.SmartContract.Framework: contracts/kit/csharp/DodonaGateway.cs. */
export function csharpSource({ groups, structs, codes }: KitInterface): string {
  return [
    ...GENERATED.map((line) => `// ${line}`),
    '',
    'using System.Numerics;',
    'using Neo.SmartContract.Framework;',
    'using Neo.SmartContract.Framework.Services;',
    '',
    'namespace Dodona',
    '{',
    "    /// <summary>Codes of answers, those of Neo's native oracle.</summary>",
    '    public static class DodonaResponseCode',
    '    {',
    ...codes.map(
      ({ name, value }) =>
        `        public const byte ${name} = 0x${value.toString(16).padStart(2, '0')};`,
    ),
    '    }',
    ...structs.flatMap(structLines),
    '',
    '    /// <summary>',
    '    /// What contracts call of the gateway whose hash comes first. Amounts are datoshi.',
    '    /// </summary>',
    '    public static class DodonaGateway',
    '    {',
    ...groups
      .flatMap(({ methods }) => methods)
      .flatMap((method, at) => [...(at === 0 ? [] : ['']), ...methodLines(method)]),
    '    }',
    '}',
    '',
  ].join('\n');
}

function structLines({ name, fields }: KitStruct): string[] {
  return [
    '',
    `    public class ${nameOf(name)}`,
    '    {',
    ...fields.flatMap((field) => [
      ...(field.note === '' ? [] : [`        /// <summary>${escaped(field.note)}</summary>`]),
      `        public ${TYPES[field.type]} ${capitalised(field.name)};`,
    ]),
    '    }',
  ];
}

/** With a word before, as names of the framework and of C# are near. */
const nameOf = (struct: string): string => `Dodona${struct}`;

const typeOf = ({ type, items }: KitParameter): string =>
  items === null ? TYPES[type] : `${TYPES[items]}[]`;

function methodLines(method: KitMethod): string[] {
  const { name, parameters, struct, returns, safe } = method;
  const given = ['UInt160 gateway', ...parameters.map((one) => `${typeOf(one)} ${one.name}`)];
  const flags = safe ? 'CallFlags.ReadOnly' : 'CallFlags.All';
  const passed = ['gateway', `"${name}"`, flags, ...parameters.map(argument)].join(', ');
  const result = struct === null ? TYPES[returns] : nameOf(struct.name);
  const isPlain = result === 'void' || result === 'object';
  return [
    '        /// <summary>',
    ...wrapped(escaped(`${capitalised(name)} ${method.text}`), '        /// '),
    ...(method.refuses.length === 0 ? [] : ['        /// It FAULTs with, among others:']),
    ...method.refuses.flatMap((refusal) => wrapped(escaped(`"${refusal}"`), '        /// ')),
    '        /// </summary>',
    `        public static ${result} ${capitalised(name)}(${given.join(', ')}) =>`,
    `            ${isPlain ? '' : `(${result})`}Contract.Call(${passed});`,
  ];
}

/** An array is one argument, not the list of all: `params object[]` would take it for that. */
const argument = ({ name, type }: KitParameter): string =>
  type === 'Array' ? `(object)${name}` : name;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
