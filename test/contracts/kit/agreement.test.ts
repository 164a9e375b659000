import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { type AbiParameter, readGatewayAbi } from '../gateway-abi.js';

const abi = readGatewayAbi();
const contracts = join(projectRoot, 'contracts');
const textOf = (path: string): string => readFileSync(join(contracts, path), 'utf8');
const { others } = parse(textOf('kit/methods.yml')) as { others: Record<string, string> };

/** A wrapper as its source has it. */
interface Wrapper {
  /** Name of the method that it calls. */
  readonly method: string;
  readonly parameters: readonly string[];
  readonly returns: string;
  readonly isReadOnly: boolean;
  /** What it hands on, in order. */
  readonly passed: readonly string[];
}

interface Language {
  readonly name: string;
  readonly file: string;
  readonly wrapper: RegExp;
  readonly types: Readonly<Record<string, string>>;
  /** Type and name of a parameter as the language writes them. */
  readonly parameter: (text: string) => string;
  readonly readOnly: string;
  readonly code: RegExp;
}

/** A head, the beginning of the line below it, and what follows in that line. */
const lines = (head: RegExp, ...rest: readonly RegExp[]): RegExp =>
  new RegExp(`${head.source}\\n${rest.map(({ source }) => source).join('')}`, 'gm');

/** Each regular expression names the groups name, given, returns, method, flags and passed. */
const LANGUAGES: readonly Language[] = [
  {
    name: 'Go',
    file: 'dodona/gateway.go',
    wrapper: lines(
      /^func \(g Gateway\) \w+\((?<given>.*)\) ?(?<returns>\S*) \{/,
      /\t.*contract\.Call\(interop\.Hash160\(g\), "(?<method>\w+)", /,
      /contract\.(?<flags>\w+)(?<passed>[^)]*)\)/,
    ),
    types: {
      Any: 'any',
      Array: '[]any',
      Boolean: 'bool',
      ByteArray: '[]byte',
      Hash160: 'interop.Hash160',
      Integer: 'int',
      String: 'string',
      Void: '',
    },
    parameter: (text) => text.split(' ')[1] ?? '',
    readOnly: 'ReadOnly',
    code: /^\t(\w+) += (0x\w\w)$/gm,
  },
  {
    name: 'C#',
    file: 'kit/csharp/DodonaGateway.cs',
    wrapper: lines(
      /^ +public static (?<returns>\S+) \w+\(UInt160 gateway(?:, )?(?<given>.*)\) =>/,
      /.*Contract\.Call\(gateway, "(?<method>\w+)", /,
      /CallFlags\.(?<flags>\w+)(?<passed>.*)\);$/,
    ),
    types: {
      Any: 'object',
      Array: 'object[]',
      Boolean: 'bool',
      ByteArray: 'ByteString',
      Hash160: 'UInt160',
      Integer: 'BigInteger',
      String: 'string',
      Void: 'void',
    },
    parameter: (text) => text.split(' ')[0] ?? '',
    readOnly: 'ReadOnly',
    code: /^ +public const byte (\w+) = (0x\w\w);$/gm,
  },
  {
    name: 'Python',
    file: 'kit/python/dodona.py',
    wrapper: lines(
      /^def \w+\(gateway: UInt160(?:, )?(?<given>.*)\) -> (?<returns>\w+):/,
      / {4}"""\n[\s\S]*?\n {4}"""\n/,
      /.*call_contract\(gateway, '(?<method>\w+)', /,
      /\[(?<passed>.*)\], CallFlags\.(?<flags>\w+)\)/,
    ),
    types: {
      Any: 'Any',
      Array: 'list',
      Boolean: 'bool',
      ByteArray: 'bytes',
      Hash160: 'UInt160',
      Integer: 'int',
      String: 'str',
      Void: 'None',
    },
    parameter: (text) => text.split(': ')[1] ?? '',
    readOnly: 'READ_ONLY',
    code: /^([A-Z_]+) = (0x\w\w)$/gm,
  },
];

function wrappersOf(language: Language): Wrapper[] {
  return [...textOf(language.file).matchAll(language.wrapper)].map(({ groups = {} }) => ({
    method: groups.method ?? '',
    parameters: listOf(groups.given).map(language.parameter),
    returns: groups.returns ?? '',
    isReadOnly: groups.flags === language.readOnly,
    passed: listOf(groups.passed),
  }));
}

/** A name without what languages write differently in it. */
const keyOf = (name: string): string => name.replaceAll('_', '').toLowerCase();

const listOf = (text = ''): string[] => text.split(', ').filter((part) => part !== '');

/** An array of one type is written with it. */
function typeIn({ types }: Language, { type, items }: AbiParameter): RegExp {
  const [, item] = /^(\w+) each$/.exec(items ?? '') ?? [];
  const escaped = (text = '') => text.replace(/[[\].]/g, '\\$&');
  if (item === undefined) return new RegExp(`^${escaped(types[type])}$`);
  const one = escaped(types[item]);
  return new RegExp(`^(?:\\[\\]${one}|${one}\\[\\]|list\\[${one}\\])$`);
}

for (const language of LANGUAGES) {
  describe(`the gateway in ${language.name}`, () => {
    const wrappers = wrappersOf(language);

    it('has every method but those of the node and the owner, once', () => {
      const expected = abi.methods.map(({ name }) => name).filter((name) => !(name in others));
      assert.deepEqual(wrappers.map(({ method }) => method).sort(), expected.sort());
      assert.equal(expected.length > 30, true);
    });

    it('takes the arguments of each, hands all of them on, and returns what it returns', () => {
      for (const { method, parameters, passed, returns } of wrappers) {
        const found = abi.methods.find(({ name }) => name === method) ?? assert.fail(method);
        assert.equal(parameters.length, found.parameters.length, method);
        const handedOn = passed.map((text) => keyOf(text.replace('(object)', '')));
        assert.deepEqual(
          handedOn,
          found.parameters.map(({ name }) => keyOf(name)),
          method,
        );
        for (const [at, parameter] of found.parameters.entries()) {
          assert.match(parameters[at] ?? '', typeIn(language, parameter), method);
        }
        const isArray = found.returns === 'Array' && language.name !== 'Python';
        if (isArray) assert.match(returns, /^(?:\*|Dodona)[A-Z]\w+$/, method);
        else assert.equal(returns, language.types[found.returns], method);
      }
    });

    it('reads by flags that let nothing be written, and no more', () => {
      for (const { method, isReadOnly } of wrappers) {
        assert.equal(isReadOnly, abi.methods.find(({ name }) => name === method)?.safe, method);
      }
    });

    it('has every code', () => {
      const codes = [...textOf(language.file).matchAll(language.code)].map(
        ([, name = '', value]) => [keyOf(name), Number(value)],
      );
      const expected = Object.entries(abi.codes).map(([name, value]) => [
        keyOf(name.replace(/^code/, '')),
        value,
      ]);
      assert.deepEqual(codes, expected);
    });
  });
}

describe('the skeleton in C#, which no test compiles', () => {
  const skeleton = textOf('kit/csharp/DodonaSkeleton.cs');

  it('calls wrappers that there are, with as many arguments', () => {
    const wrappers = textOf('kit/csharp/DodonaGateway.cs');
    const calls = [...skeleton.matchAll(/DodonaGateway\.(\w+)\((.*)\);/g)];
    assert.equal(calls.length, 3);
    for (const [, name = '', given = ''] of calls) {
      const [, parameters = ''] = new RegExp(` ${name}\\((.*)\\) =>`).exec(wrappers) ?? [];
      assert.equal(listOf(given).length, listOf(parameters).length, name);
    }
  });

  it('knows every code', () => {
    const used = [...skeleton.matchAll(/case DodonaResponseCode\.(\w+):/g)].map(([, name]) => name);
    const codes = Object.keys(abi.codes).map((name) => name.replace(/^code/, ''));
    assert.deepEqual([...used, 'Error'].sort(), codes.sort());
  });
});
