import assert from 'node:assert/strict';
import { freePorts } from '../../scripts/devnet/free-port.js';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

const WORTH = Buffer.from('{"cents":1202}').toString('base64');
const ANSWER = Buffer.from('["4.81"]').toString('base64');

describe('the commands of docs/contract-authors.md', () => {
  it('lead from the example to a contract that has its answer', async () => {
    const [port = 0] = await freePorts(1);
    const { exitCode, outputOf, transcript } = await runBlocks(
      fencedBlocks('docs/contract-authors.md', 'sh'),
      COMMAND_RULES,
      { 8099: String(port) },
    );
    assert.equal(exitCode, 0, transcript);
    const credit = outputOf('neo-go contract testinvokefunction -r "$RPC" "$GATEWAY" creditOf');
    assert.match(credit, /"value": "500000000"/);
    const has = (command: string, answer = ANSWER) => {
      const output = outputOf(`neo-go contract testinvokefunction -r "$RPC" ${command}`);
      assert.equal(output.includes(answer), true, output);
    };
    has('"$MINE" lastAnswer');
    has('"$GATEWAY" resultOf 2');
    has('"$MINE" functionAnswerOf 3', WORTH);
    const [live, replayed] = ['--config "$NODE_CONFIG"', '--fixture'].map((option) =>
      outputOf(`npx dodona function run ~/my-consumer/worth.js ${option}`),
    );
    for (const run of [live, replayed]) assert.match(run ?? '', /^result +\{"cents":1202\}$/m);
    assert.match(outputOf('npx dodona function list'), /^ *1 +worth +N\w+ +chain +[0-9a-f]+…$/m);
    assert.match(outputOf('npx dodona explain 1'), /answered, Success, 8 bytes, delivered/);
    const asked = outputOf('npx dodona estimate --config "$NODE_CONFIG" --fetch');
    assert.match(asked, /requestHttp, answered with Success, 8 bytes \(fetched\), delivered to/);
    assert.match(asked, / {2}maxFee, in GAS \(\d+ datoshi\)$/m);
    const { result } = JSON.parse(outputOf('curl -s "$RPC"').split('\n').at(-2) ?? '');
    assert.match(result.exception, /rehearsed: returned$/);
  }).timeout(240_000);
});
