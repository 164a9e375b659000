import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type CompiledContract, deployContracts } from '../../scripts/devnet/contracts.js';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { parseGas } from '../../src/base/datoshi.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { assertScript, callScript, utf8 } from '../../src/chain/script.js';
import { type GatewayWorld, gatewayWorld } from '../contracts/gateway-world.js';
import { answer, answered, MAX_FEE, requestIn, responsesIn } from '../contracts/requests.js';
import { fencedBlocks, languagesOf } from './fenced-blocks.js';

const PAGE = 'docs/authors-kit.md';
const CONTRACTS = join(projectRoot, 'contracts');
const SKELETON = join('examples', 'skeleton');

describe('the snippets of docs/authors-kit.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-docs-'));
  let world: GatewayWorld;
  before(async () => {
    world = await gatewayWorld();
  });
  after(() => {
    world.network.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });

  const compiled = async (permissions: unknown, name: string): Promise<CompiledContract> => {
    const text = readFileSync(join(CONTRACTS, SKELETON, 'skeleton.yml'), 'utf8');
    const config = { ...parse(text, { schema: 'failsafe' }), name, permissions };
    const [yml, nef, manifest] = ['yml', 'nef', 'json'].map((kind) => join(folder, `x.${kind}`));
    assert.ok(yml && nef && manifest);
    writeFileSync(yml, JSON.stringify(config));
    const args = ['contract', 'compile', '-i', SKELETON, '-c', yml, '-o', nef, '-m', manifest];
    execFileSync(await ensureNeoGo(), args, { cwd: CONTRACTS, stdio: 'pipe' });
    return { nef: readFileSync(nef), manifest: readFileSync(manifest, 'utf8') };
  };

  it('are in languages that are looked at', () => {
    assert.deepEqual([...languagesOf(PAGE)].sort(), [
      'csharp',
      'go',
      'js',
      'python',
      'text',
      'yaml',
    ]);
  });

  it('of a language are lines of its skeleton', () => {
    const skeletons = {
      go: join(SKELETON, 'skeleton.go'),
      csharp: join('kit', 'csharp', 'DodonaSkeleton.cs'),
      python: join('kit', 'python', 'skeleton.py'),
      js: join('kit', 'example-project', 'test', 'thermometer.test.mjs'),
    };
    for (const [language, file] of Object.entries(skeletons)) {
      const skeleton = readFileSync(join(CONTRACTS, file), 'utf8');
      const blocks = fencedBlocks(PAGE, language);
      assert.equal(blocks.length, language === 'js' ? 1 : 2, language);
      for (const { text, line } of blocks) {
        assert.equal(skeleton.includes(text.trimEnd()), true, `line ${line}`);
      }
    }
  });

  it('of permissions allow the skeleton all that it does', async () => {
    const { network, owner, gateway } = world;
    const blocks = fencedBlocks(PAGE, 'yaml');
    assert.equal(blocks.length, 2);
    for (const [at, { text }] of blocks.entries()) {
      const { permissions } = parse(text, { schema: 'failsafe' });
      // The hash of the page is nobody's.
      if ('hash' in permissions[0]) permissions[0].hash = gateway.slice(2);
      const contract = await compiled(permissions, `Skeleton${at}`);
      const [hash = gateway] = await deployContracts(network, owner, [{ contract, data: gateway }]);
      const payment = [owner.hash, hash, parseGas('10'), null];
      await world.run(owner, assertScript(callScript(GAS_TOKEN, 'transfer', payment)));
      const asks = callScript(hash, 'ask', [utf8('{"url":"https://x.org"}'), utf8(''), MAX_FEE]);
      for (const deliver of [true, false]) {
        const { id } = requestIn(world, await world.run(owner, asks));
        const applied = await world.run(...answered(world, [answer(id, { deliver })]));
        assert.equal(responsesIn(world, applied)[0]?.delivered, deliver);
        if (!deliver) await world.run(owner, callScript(hash, 'takeKept', [id]));
        assert.equal((await network.read(hash, 'answerOf', [id])).type, 'Struct');
      }
      await world.run(owner, callScript(hash, 'withdrawCredit', [parseGas('1')]));
    }
  });
});
