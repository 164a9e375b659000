import assert from 'node:assert/strict';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('the commands of docs/operators.md', () => {
  it('lead from nothing to a node with a wallet and a gateway of its own', async () => {
    const { exitCode, outputOf, transcript } = await runBlocks(
      fencedBlocks('docs/operators.md', 'sh'),
      COMMAND_RULES,
    );
    assert.equal(exitCode, 0, transcript);
    assert.match(
      outputOf('npx dodona requests list --config "$NODE_CONFIG"'),
      /oracle +(received|answered)/,
    );
    assert.match(outputOf('npx dodona explain 1 --config "$NODE_CONFIG"'), /no connection to 127/);
    const deploy = outputOf('npx dodona gateway deploy');
    assert.match(deploy, /^done {7}gateway in block \d+, 0x[\s\S]*^done {7}executor in block/m);
    // What the page says that it costs.
    const costs = [...deploy.matchAll(/costs (\d+\.\d+) GAS/g)].map(([, gas]) => Number(gas));
    assert.equal(Math.round(costs.reduce((sum, gas) => sum + gas, 0)), 51);
    assert.match(outputOf('npx dodona gateway show'), /^http +0\.35000000/m);
    assert.match(outputOf('npx dodona gateway set-policy'), /^done {7}in block/m);
    assert.match(outputOf('npx dodona health --ready'), /^ready$/m);
    const own = outputOf('npx dodona explain 1 --config ~/dodona/node.config.yaml --json');
    assert.match(own, /"state":"answered",.*"code":24,/);
    assert.match(outputOf('curl -s "$API/readyz"'), /"ready":true/);
    assert.match(outputOf('curl -s "$API/metrics"'), /^dodona_wallet_balance_gas \d/m);
    // The last status is that of a node whose account was replaced.
    assert.match(outputOf('npx dodona status --config ~/dodona/node.config.yaml'), /NOT READY/);
  }).timeout(900_000);
});
