import type { AbiType, KitInterface, KitMethod, KitParameter, KitStruct } from './kit-interface.js';
import { GENERATED, snakeCase, wrapped } from './kit-words.js';

const TYPES: Readonly<Record<AbiType, string>> = {
  Any: 'Any',
  Array: 'list',
  Boolean: 'bool',
  ByteArray: 'bytes',
  Hash160: 'UInt160',
  Integer: 'int',
  String: 'str',
  Void: 'None',
};

/** The wrappers for neo3-boa: contracts/kit/python/dodona.py. */
export function pythonSource({ groups, structs, codes }: KitInterface): string {
  return [
    ...GENERATED.map((line) => `# ${line}`),
    '"""What contracts call of the gateway whose hash comes first. Amounts are datoshi."""',
    '',
    'from typing import Any, cast',
    '',
    'from boa3.sc.types import CallFlags, UInt160',
    'from boa3.sc.utils import call_contract',
    '',
    "# Codes of answers, those of Neo's native oracle.",
    ...codes.map(
      ({ name, value }) => `${constant(name)} = 0x${value.toString(16).padStart(2, '0')}`,
    ),
    ...structs.flatMap(structLines),
    ...groups.flatMap(({ methods }) => methods.flatMap(methodLines)),
    '',
  ].join('\n');
}

const constant = (name: string): string =>
  snakeCase(name.charAt(0).toLowerCase() + name.slice(1)).toUpperCase();

/** Places in the lists that methods return. */
function structLines({ name, fields }: KitStruct): string[] {
  return [
    '',
    ...fields.map((field, at) => {
      const note = field.note === '' ? '' : `, ${field.note}`;
      return `${constant(name)}_${constant(field.name)} = ${at}  # ${TYPES[field.type]}${note}`;
    }),
  ];
}

const typeOf = ({ type, items }: KitParameter): string =>
  items === null ? TYPES[type] : `list[${TYPES[items]}]`;

function methodLines(method: KitMethod): string[] {
  const { name, parameters, returns, safe, struct } = method;
  const given = parameters.map((one) => `${snakeCase(one.name)}: ${typeOf(one)}`);
  const result = TYPES[returns];
  const flags = safe ? 'CallFlags.READ_ONLY' : 'CallFlags.ALL';
  const passed = parameters.map((one) => snakeCase(one.name)).join(', ');
  const call = `call_contract(gateway, '${name}', [${passed}], ${flags})`;
  const returned = result === 'Any' ? call : `cast(${result}, ${call})`;
  const shape = struct === null ? '' : ` The list has what ${constant(struct.name)}_… name.`;
  return [
    '',
    '',
    `def ${snakeCase(name)}(${['gateway: UInt160', ...given].join(', ')}) -> ${result}:`,
    '    """',
    ...wrapped(`${snakeCase(name)} ${method.text}${shape}`, '    '),
    ...(method.refuses.length === 0 ? [] : ['', '    It FAULTs with, among others:']),
    ...method.refuses.map((refusal) => `    - ${refusal}`),
    '    """',
    `    ${result === 'None' ? call : `return ${returned}`}`,
  ];
}
