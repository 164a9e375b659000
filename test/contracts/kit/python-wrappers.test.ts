import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployContracts } from '../../../scripts/devnet/contracts.js';
import { parseGas } from '../../../src/base/datoshi.js';
import type { Hash160 } from '../../../src/base/hash.js';
import { callScript, type ScriptArg, utf8 } from '../../../src/chain/script.js';
import { readGatewayAbi } from '../gateway-abi.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from '../gateway-world.js';
import { priceOf, published, timeOf } from '../prices.js';
import { MAX_FEE } from '../requests.js';
import { UPKEEP_FEE } from '../upkeeps.js';
import { compiledPython, PYTHON_KIT } from './compiled-python.js';
import { plain } from './plain-item.js';

/** A contract whose methods hand on to the wrappers, each named as the gateway's method. */
function contractOfAll(): string {
  const kit = readFileSync(join(PYTHON_KIT, 'dodona.py'), 'utf8');
  const wrapper =
    /^def (\w+)\(gateway: UInt160(?:, )?(.*)\) -> (\w+):[\s\S]*?call_contract\(gateway, '(\w+)'/gm;
  const methods = [...kit.matchAll(wrapper)].map(([, name, given = '', result, method]) => {
    const handed = given.split(', ').map((part) => part.split(':')[0]);
    const passed = ['kept()', ...handed].filter((text) => text !== '');
    const call = `dodona_${name}(${passed.join(', ')})`;
    return [
      `@public(name='${method}')`,
      `def ${name}(${given}) -> ${result}:`,
      `    ${result === 'None' ? '' : 'return '}${call}`,
      '',
    ].join('\n');
  });
  const imports = [...kit.matchAll(/^def (\w+)\(gateway/gm)].map(
    ([, name]) => `from dodona import ${name} as dodona_${name}`,
  );
  return `from typing import Any, cast
from boa3.sc.compiletime import NeoMetadata, public
from boa3.sc.storage import get_uint160, put_uint160
from boa3.sc.types import UInt160
${imports.join('\n')}

def manifest() -> NeoMetadata:
    meta = NeoMetadata()
    meta.name = 'Wrappers'
    meta.add_permission()
    return meta

@public
def _deploy(data: Any, update: bool):
    put_uint160(b'g', cast(UInt160, data))

def kept() -> UInt160:
    return get_uint160(b'g')

${methods.join('\n')}`;
}

describe('the gateway in Python, compiled by neo3-boa', function () {
  // The first time, the compiler is downloaded.
  this.timeout(180_000);
  let world: GatewayWorld<'user'>;
  let contract: Hash160;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'] });
    const compiled = await compiledPython(contractOfAll());
    const [hash] = await deployContracts(world.network, world.owner, [
      { contract: compiled, data: world.gateway },
    ]);
    contract = hash ?? assert.fail('not deployed');
    await world.run(world.owner, world.calls.deposit(world.owner.hash, parseGas('50'), contract));
  });
  after(() => world.network.disconnect());

  const run = (method: string, ...args: ScriptArg[]) =>
    world.run(world.owner, callScript(contract, method, args));
  const same = async (method: string, ...args: ScriptArg[]): Promise<void> => {
    const [wrapped, direct] = await Promise.all([
      world.network.read(contract, method, args),
      world.network.read(world.gateway, method, args),
    ]);
    assert.deepEqual(plain(wrapped), plain(direct), method);
  };

  it('asks, registers and pays as the gateway does', async () => {
    const url = [utf8('https://x.org'), utf8('$.a')] as const;
    const asked = [
      await run('request', ...url, utf8(''), utf8('data'), MAX_FEE),
      await run('requestHttp', utf8('{}'), utf8(''), utf8(''), null, MAX_FEE),
    ];
    const [oracle, http] = asked.map((applied) => {
      const [event] = eventsOf(world, applied);
      return event !== undefined && 'id' in event ? event.id : 0n;
    });
    assert.deepEqual(asked[1]?.stack.map(plain), [http]);
    await same('requestOf', oracle ?? 0n);
    await same('requestOf', 1_000_000);
    await run('sponsor', world.accounts.user.hash, MAX_FEE, MAX_FEE);
    await same('sponsorshipOf', contract, world.accounts.user.hash);
    await run('acceptSponsor', world.accounts.user.hash);
    await same('sponsorOf', contract);
    const registered = await run(
      'registerUpkeep',
      contract,
      utf8('version'),
      [],
      utf8('every:10'),
      UPKEEP_FEE,
    );
    const [id] = registered.stack.map(plain);
    assert.equal(typeof id, 'bigint');
    await same('upkeepOf', id as bigint);
    await run('expire', [oracle ?? 0n, http ?? 0n]);
    await same('reservedOf', contract);
  });

  it('reads what the gateway tells', async () => {
    const pair = utf8('GAS/USD');
    await same('latestPrice', pair);
    const now = await timeOf(world);
    await world.run(...published(world, [priceOf('GAS/USD', now - 60_000)]));
    await same('latestPrice', pair);
    await same('priceAt', pair, 1);
    await same('creditOf', contract);
    for (const { name } of readGatewayAbi().methods.filter(isPlainRead)) await same(name);
  });

  /** Of what the wrappers have: without parameters. */
  const isPlainRead = ({ name, safe, parameters }: Method): boolean =>
    safe && parameters.length === 0 && !['nodeAccount', 'overlap', 'owner'].includes(name);
  type Method = ReturnType<typeof readGatewayAbi>['methods'][number];
});
