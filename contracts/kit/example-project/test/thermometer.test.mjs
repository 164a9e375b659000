import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gas, startDevnet } from 'dodona/testing';

const MAX_FEE = gas('1');

let devnet;
let thermometer;
before(async () => {
  devnet = await startDevnet();
  const contract = await devnet.compile('thermometer');
  thermometer = await devnet.deploy(contract, { data: devnet.gateway, credit: gas('10') });
});
after(() => devnet?.stop());

const celsius = async () => String(await devnet.read(thermometer, 'celsius'));

test('keeps what the source tells', async () => {
  const source = await devnet.serve({ '/now': { celsius: '21.5' } });
  const asked = await devnet.invoke(thermometer, 'measure', [`${source.url}/now`, MAX_FEE]);
  const answer = await devnet.answerTo(asked);
  assert.equal(answer.id, asked.result);
  assert.deepEqual([answer.code, answer.delivered], [0, true]);
  assert.equal(await celsius(), '21.5');
  assert.equal(source.requests.length, 1);
});

test('tells by an event that the source had no answer, and keeps what it had', async () => {
  const source = await devnet.serve({ '/now': () => ({ status: 404 }) });
  const { block, result: id } = await devnet.invoke(thermometer, 'measure', [
    `${source.url}/now`,
    MAX_FEE,
  ]);
  const failed = await devnet.waitForEvent({
    contract: thermometer,
    names: ['Failed'],
    fromBlock: block,
  });
  assert.deepEqual(failed.values, { id, code: 0x14n });
  assert.equal(await celsius(), '21.5');
});

test('takes no answer but from the gateway, and no question but from its owner', async () => {
  const forged = devnet.invoke(thermometer, 'onMeasured', [1, null, 0, '["99"]']);
  await assert.rejects(forged, /the caller is not the gateway/);
  const stranger = await devnet.newAccount();
  const asked = devnet.invoke(thermometer, 'measure', ['https://example.org', MAX_FEE], {
    by: stranger,
  });
  await assert.rejects(asked, /only the owner measures/);
});
