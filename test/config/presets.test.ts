import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { knownNetwork } from '../../src/chain/known-networks.js';
import { loadConfig } from '../../src/config/load-config.js';
import { dearestPreflight } from '../../src/operations/doctor/rpc/trial-runs.js';
import { commandLine } from '../cli/command-line.js';
import { scratchDirectory } from './config-file.js';

/** What an operator has to add. */
const OWN = `gateway: {hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908, startBlock: 7}
wallet: {file: w, passwordFile: p}
`;
/** As the nodes are shipped: neo-go 0.121's protocol.{mainnet,testnet}.yml, C#'s RpcServer. */
const LEAST_MAX_GAS_INVOKE = parseGas('15');

describe('the presets of public networks', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());

  for (const preset of ['mainnet', 'testnet'] as const) {
    const write = () => scratch.write(`${preset}.yaml`, `preset: ${preset}\n${OWN}`);

    it(`${preset} is valid with what an operator adds, as config validate says`, async () => {
      const cli = commandLine();
      const words = ['config', 'validate', '--skip-files', '--config', write()];
      const { exitCode, out, err } = await cli.run(...words);
      cli.remove();
      assert.equal(exitCode, 0, out + err);
      assert.match(out, /is valid\.\n$/);
    });

    it(`${preset} sends nothing that its blocks have no room for, or that no trial run may use`, () => {
      const config = loadConfig(write());
      const known = knownNetwork(config.network.magic);
      assert.equal(known?.name, preset);
      const { maxSystemFeeDatoshi } = config.pipeline;
      assert.equal(maxSystemFeeDatoshi <= (known?.maxBlockSystemFee ?? 0n), true);
      assert.equal(dearestPreflight(config) <= LEAST_MAX_GAS_INVOKE, true);
    });

    it(`${preset} lets a transaction live for half a minute, and knows a stalled chain`, () => {
      const { network, pipeline, gasbank } = loadConfig(write());
      assert.equal(pipeline.validUntilBlocks * network.blockTimeMs, 30_000);
      assert.equal(gasbank.reconcileEveryBlocks * network.blockTimeMs, 300_000);
      assert.equal(network.pollIntervalMs <= network.blockTimeMs, true);
      assert.equal(network.stallAfterMs >= 20 * network.blockTimeMs, true);
      const hosts = network.rpcUrls.map((url) => new URL(url).hostname);
      assert.equal(new Set(hosts).size, network.rpcUrls.length);
    });
  }

  it('bound what mainnet may spend in a day', () => {
    const file = scratch.write('bound.yaml', `preset: mainnet\n${OWN}`);
    const { budgets } = loadConfig(file).gasbank;
    assert.equal(budgets.node.perDayDatoshi, parseGas('400'));
    assert.equal(budgets.perKind.expire?.perDayDatoshi, parseGas('10'));
  });
});
