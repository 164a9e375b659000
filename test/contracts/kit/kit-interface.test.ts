import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kitFiles } from '../../../scripts/build-contracts/kit/kit-files.js';
import { type KitAbi, kitInterface } from '../../../scripts/build-contracts/kit/kit-interface.js';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { readGatewayAbi } from '../gateway-abi.js';

const contracts = join(projectRoot, 'contracts');
const abi = readGatewayAbi() as unknown as KitAbi;
const notes = readFileSync(join(contracts, 'kit', 'methods.yml'), 'utf8');

describe("the authors' kit", () => {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-kit-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const madeOf = (text: string, of = abi) => {
    const file = join(folder, 'methods.yml');
    writeFileSync(file, text);
    return kitInterface(file, of);
  };

  it('is what the interface of the gateway makes of it', () => {
    for (const [path, text] of kitFiles(contracts, abi)) {
      const isCurrent = readFileSync(join(contracts, path), 'utf8') === text;
      assert.equal(isCurrent, true, `${path}: run npm run contracts`);
    }
  });

  it('changes with the interface', () => {
    const methods = abi.methods.map((method) =>
      method.name === 'twap' ? { ...method, parameters: method.parameters.slice(1) } : method,
    );
    const files = kitFiles(contracts, { ...abi, methods });
    assert.match(files.get('dodona/gateway.go') ?? '', /Twap\(sinceTimestamp int\) int/);
  });

  it('does not leave out a method of the gateway, nor tell of one that is not there', () => {
    const told = /methods of the gateway that it does not tell: version$/;
    assert.throws(() => madeOf(notes.replace(/^ {6}version:\n.*\n/m, '')), told);
    const gone = notes.replace(/^ {2}owner: owner$/m, '  owner: owner\n  nothing: node');
    assert.throws(() => madeOf(gone), /not there or twice: nothing; .* tell: none$/);
  });

  it('quotes no refusal and no limit that the gateway does not have', () => {
    const refusal = notes.replace('no result of this id is kept to redeliver', 'nothing is kept');
    assert.throws(() => madeOf(refusal), /redeliver: the gateway never says "nothing is kept"$/);
    const limit = notes.replaceAll('{maxIds}', '{maxNothing}');
    assert.throws(() => madeOf(limit), /no limit is maxNothing$/);
  });

  it('names the fields of an array only where the interface fixes them', () => {
    const shapeless = notes.replace('      version:', '      version:\n        struct: Version');
    assert.throws(() => madeOf(shapeless), /Version has no fixed shape$/);
  });
});
