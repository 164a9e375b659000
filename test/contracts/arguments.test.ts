import assert from 'node:assert/strict';
import { toHex } from '../../src/base/bytes.js';
import type { ScriptArg } from '../../src/chain/script.js';
import { utf8 } from '../../src/chain/script.js';
import { readGatewayAbi } from './gateway-abi.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { PAIR_READERS } from './prices.js';
import { refuses } from './refusals.js';

/** A bad argument, and the message that every one of its values is refused with. */
interface Row {
  readonly method: string;
  /** As the abi names it; `.` leads into the items of an array. */
  readonly parameter: string;
  readonly by: 'user' | 'owner' | 'node';
  readonly args: (bad: ScriptArg) => readonly ScriptArg[];
  readonly refusal: string;
}

const ACCOUNT = `0x${'77'.repeat(20)}` as const;
const SHA256 = Buffer.alloc(32, 7);
const PAIR = utf8('GAS/USD');
const NOTHING = Buffer.alloc(0);
const AMOUNTS = [1n, 1n, 1n, 1n, 1n, 1n];

const NOT_WHOLE: readonly ScriptArg[] = [
  -1n,
  1n << 63n,
  -(1n << 63n),
  (1n << 64n) + 1n,
  -(1n << 255n),
  (1n << 255n) - 1n,
  null,
];
const NOT_20_BYTES: readonly ScriptArg[] = [
  Buffer.alloc(19),
  Buffer.alloc(21),
  NOTHING,
  utf8('NiHURyS83nX2mpxtA7xq84cGxVbHojj5Wc'),
];

const bytesOtherThan = (length: number): ScriptArg[] => [
  NOTHING,
  Buffer.alloc(length - 1),
  Buffer.alloc(length + 1),
  null,
];

/** The message of a row is "NAME is not from 0 to 2^63-1" unless it is given. */
const whole = (
  row: string,
  args: Row['args'],
  name = row.split('.')[1],
  by: Row['by'] = 'user',
): Row => ({ ...placeOf(row), by, args, refusal: `${name} is not from 0 to 2^63-1` });

const account = (row: string, args: Row['args'], name: string, by: Row['by'] = 'user'): Row => ({
  ...placeOf(row),
  by,
  args,
  refusal: `${name} is not a Hash160 (20 bytes)`,
});

function placeOf(row: string): Pick<Row, 'method' | 'parameter'> {
  const [method = '', ...parameter] = row.split('.');
  return { method, parameter: parameter.join('.') };
}

const http = (maxFee: ScriptArg) => [NOTHING, NOTHING, NOTHING, null, maxFee];
const asked = (id: ScriptArg, maxFee: ScriptArg) => [id, NOTHING, NOTHING, null, maxFee];
const upkeep = (maxFee: ScriptArg, target: ScriptArg = ACCOUNT) => [
  target,
  utf8('m'),
  [],
  utf8('every:1'),
  maxFee,
];
const policy = (at: number, bad: ScriptArg) =>
  [AMOUNTS, AMOUNTS, 1, 1, 1, 1].map((good, each) => (each === at ? bad : good));
const oneBad = (bad: ScriptArg) => [1n, 1n, 1n, bad, 1n, 1n];

const INTEGERS: readonly Row[] = [
  whole('request.gasForResponse', http),
  whole('requestHttp.maxFee', http, 'maxFee of requestHttp'),
  whole('requestFunction.functionId', (bad) => asked(bad, 1n), 'functionId of requestFunction'),
  whole('requestFunction.maxFee', (bad) => asked(1n, bad), 'maxFee of requestFunction'),
  whole(
    'updateFunction.functionId',
    (bad) => [bad, SHA256, NOTHING, NOTHING],
    'functionId of updateFunction',
  ),
  whole('functionOf.functionId', (bad) => [bad], 'functionId of functionOf'),
  whole('requestRandom.maxFee', (bad) => [NOTHING, NOTHING, null, bad], 'maxFee of requestRandom'),
  whole('requestOf.id', (bad) => [bad], 'id of requestOf'),
  whole('resultOf.id', (bad) => [bad], 'id of resultOf'),
  whole('takeResult.id', (bad) => [bad], 'id of takeResult'),
  whole('redeliver.id', (bad) => [bad], 'id of redeliver'),
  whole('dropResults.ids.item', (bad) => [[1n, bad]], 'an id of dropResults'),
  whole('expire.ids.item', (bad) => [[1n, bad]], 'an id of expire'),
  whole(
    'respond.responses.id',
    (bad) => [[[bad, 0, NOTHING, false, null]]],
    'the id of a response',
    'node',
  ),
  whole('registerUpkeep.maxFee', upkeep, 'maxFee of registerUpkeep'),
  whole('fundUpkeep.id', (bad) => [bad], 'id of fundUpkeep'),
  whole('cancelUpkeep.id', (bad) => [bad], 'id of cancelUpkeep'),
  whole('upkeepOf.id', (bad) => [bad], 'id of upkeepOf'),
  whole('performUpkeeps.runs.id', (bad) => [[[bad, 0, false, null]]], 'the id of a run', 'node'),
  whole('performUpkeeps.runs.due', (bad) => [[[1n, bad, false, null]]], 'due of a run', 'node'),
  ...['price', 'timestamp', 'confidenceBps'].map((field, at) =>
    whole(
      `submitPrices.rounds.${field}`,
      (bad) => [[[PAIR, 1n, 1n, 1n].map((good, each) => (each === at + 1 ? bad : good))]],
      field === 'confidenceBps' ? `${field} of a round` : `the ${field} of a round`,
      'node',
    ),
  ),
  whole('sponsorFeed.maxFeePerRound', (bad) => [PAIR, bad, 1n]),
  whole('sponsorFeed.allowance', (bad) => [PAIR, 1n, bad], 'allowance of sponsorFeed'),
  whole('priceAt.round', (bad) => [PAIR, bad], 'round of priceAt'),
  whole('twap.sinceTimestamp', (bad) => [PAIR, bad]),
  whole('withdraw.amount', (bad) => [ACCOUNT, ACCOUNT, bad], 'amount of withdraw'),
  whole('collect.amount', (bad) => [ACCOUNT, ACCOUNT, bad], 'amount of collect'),
  whole('sponsor.maxFeePerRequest', (bad) => [ACCOUNT, bad, 1]),
  whole('sponsor.allowance', (bad) => [ACCOUNT, 1, bad]),
  whole('acceptNodeAccount.overlapBlocks', (bad) => [bad]),
  whole('randomKeyOf.keyId', (bad) => [bad], 'keyId of randomKeyOf'),
  whole('setPolicy.premiums.item', (bad) => policy(0, oneBad(bad)), 'a premium', 'owner'),
  whole('setPolicy.minimums.item', (bad) => policy(1, oneBad(bad)), 'a minimum', 'owner'),
  whole('setPolicy.requestLifetime', (bad) => policy(2, bad), undefined, 'owner'),
  whole('setPolicy.resultLifetime', (bad) => policy(3, bad), undefined, 'owner'),
  whole('setPolicy.networkFeeCeiling', (bad) => policy(4, bad), undefined, 'owner'),
  whole('setPolicy.updateDelay', (bad) => policy(5, bad), undefined, 'owner'),
];

const ACCOUNTS: readonly Row[] = [
  account('creditOf.account', (bad) => [bad], 'account of creditOf'),
  account('reservedOf.account', (bad) => [bad], 'account of reservedOf'),
  account('earnedOf.account', (bad) => [bad], 'account of earnedOf'),
  account('registerUpkeep.target', (bad) => upkeep(1n, bad), 'target of registerUpkeep'),
  account('feedSponsorshipOf.payer', (bad) => [PAIR, bad], 'payer of feedSponsorshipOf'),
  account('withdraw.account', (bad) => [bad, ACCOUNT, 1], 'account of withdraw'),
  account('withdraw.to', (bad) => [ACCOUNT, bad, 1], 'to of withdraw'),
  account('collect.account', (bad) => [bad, ACCOUNT, 1], 'account of collect'),
  account('collect.to', (bad) => [ACCOUNT, bad, 1], 'to of collect'),
  account('sponsor.requester', (bad) => [bad, 1, 1], 'requester of sponsor'),
  account('sponsorOf.requester', (bad) => [bad], 'requester of sponsorOf'),
  account('sponsorshipOf.payer', (bad) => [bad, ACCOUNT], 'payer of sponsorshipOf'),
  account('sponsorshipOf.requester', (bad) => [ACCOUNT, bad], 'requester of sponsorshipOf'),
  account('rehearse.requester', (bad) => [bad, utf8('x'), []], 'requester of rehearse'),
  account('proposeNodeAccount.account', (bad) => [bad], 'the proposed node account', 'owner'),
  account('transferOwnership.account', (bad) => [bad], 'the proposed owner', 'owner'),
];

const ACCEPT_SPONSOR: Row = {
  method: 'acceptSponsor',
  parameter: 'payer',
  by: 'user',
  args: (bad) => [bad],
  refusal: 'payer of acceptSponsor is neither null nor a Hash160 (20 bytes)',
};
const CHOOSE_SPONSOR: Row = {
  method: 'chooseFeedSponsor',
  parameter: 'payer',
  by: 'owner',
  args: (bad) => [PAIR, bad],
  refusal: 'payer of chooseFeedSponsor is neither null nor a Hash160 (20 bytes)',
};
const NULLABLE = [ACCEPT_SPONSOR, CHOOSE_SPONSOR];

/** Arguments of a fixed length, and that length. */
const BYTES: readonly (Row & { readonly length: number })[] = [
  {
    ...placeOf('registerFunction.codeHash'),
    by: 'user',
    length: 32,
    args: (bad) => [NOTHING, bad, utf8('x'), utf8('y')],
    refusal: 'codeHash is not a sha256 (32 bytes)',
  },
  {
    ...placeOf('updateFunction.codeHash'),
    by: 'user',
    length: 32,
    args: (bad) => [1n, bad, utf8('x'), utf8('y')],
    refusal: 'codeHash is not a sha256 (32 bytes)',
  },
  {
    ...placeOf('codeOf.codeHash'),
    by: 'user',
    length: 32,
    args: (bad) => [bad],
    refusal: 'codeHash of codeOf is not a sha256 (32 bytes)',
  },
  {
    ...placeOf('proposeUpdate.nefHash'),
    by: 'owner',
    length: 32,
    args: (bad) => [bad, SHA256],
    refusal: 'nefHash is not a sha256 (32 bytes)',
  },
  {
    ...placeOf('proposeUpdate.manifestHash'),
    by: 'owner',
    length: 32,
    args: (bad) => [SHA256, bad],
    refusal: 'manifestHash is not a sha256 (32 bytes)',
  },
  {
    ...placeOf('proposeRandomKey.publicKey'),
    by: 'node',
    length: 96,
    args: (bad) => [bad, Buffer.alloc(48)],
    refusal: 'publicKey is not a compressed point of G2 (96 bytes)',
  },
  {
    ...placeOf('proposeRandomKey.possessionProof'),
    by: 'node',
    length: 48,
    args: (bad) => [Buffer.alloc(96), bad],
    refusal: 'possessionProof is not a compressed point of G1 (48 bytes)',
  },
];

/** Arguments that are tested where their meaning is. */
const ELSEWHERE = new Set([
  'onNEP17Payment.from',
  'onNEP17Payment.amount',
  'pause.on',
  'update.nef',
  'update.manifest',
  'request.url',
  'request.filter',
  'request.callback',
  'requestHttp.spec',
  'requestHttp.filter',
  'requestHttp.callback',
  'requestFunction.args',
  'requestFunction.callback',
  'requestRandom.seed',
  'registerUpkeep.method',
  'registerUpkeep.args',
  'registerUpkeep.trigger',
  'requestRandom.callback',
  'registerFunction.name',
  'registerFunction.source',
  'registerFunction.uri',
  'updateFunction.source',
  'updateFunction.uri',
  // test/contracts/prices.test.ts
  ...PAIR_READERS.map((method) => `${method}.pair`),
  'rehearse.callback',
  'rehearse.args',
]);

describe('the gateway takes no argument that is out of bounds', () => {
  let world: GatewayWorld<'user'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'] });
    // A function for its owner to update badly.
    const code = { codeHash: toHex(SHA256), source: '', uri: 'https://x.org/f.js' };
    await world.run(world.accounts.user, world.calls.registerFunction('f', code));
  });
  after(() => world.network.disconnect());

  const refusesAll = async (row: Row, values: readonly ScriptArg[]) => {
    const { owner, node, accounts } = world;
    const sender = { owner, node, user: accounts.user }[row.by];
    for (const bad of values) {
      await refuses(world.network, sender, world.call(row.method, ...row.args(bad)), row.refusal);
    }
  };
  const rows = (list: readonly Row[], what: string, values: readonly ScriptArg[]) => {
    for (const row of list) {
      it(`refuses ${row.method} with ${row.parameter} ${what}`, () => refusesAll(row, values));
    }
  };

  rows(INTEGERS, 'negative, 2^63 or more, or null', NOT_WHOLE);
  rows(ACCOUNTS, 'null or not 20 bytes', [...NOT_20_BYTES, null]);
  rows(NULLABLE, 'not 20 bytes', NOT_20_BYTES);
  for (const row of BYTES) {
    rows([row], `null or not ${row.length} bytes`, bytesOtherThan(row.length));
  }

  it('refuses lists of premiums or minimums that are not one for each kind', async () => {
    for (const list of [[], AMOUNTS.slice(1), [...AMOUNTS, 1n]]) {
      for (const [at, what] of ['premiums', 'minimums'].entries()) {
        const refusal = `${what} are not one for each of the 6 kinds`;
        await refuses(
          world.network,
          world.owner,
          world.call('setPolicy', ...policy(at, list)),
          refusal,
        );
      }
    }
  });

  it('is tested with every argument that its interface lists', () => {
    const tested = new Set(
      [...INTEGERS, ...ACCOUNTS, ...BYTES, ...NULLABLE].map(
        ({ method, parameter }) => `${method}.${parameter.split('.')[0]}`,
      ),
    );
    const listed = readGatewayAbi().methods.flatMap(({ name, parameters }) =>
      parameters.filter(({ type }) => type !== 'Any').map((each) => `${name}.${each.name}`),
    );
    assert.deepEqual(
      listed.filter((each) => !tested.has(each) && !ELSEWHERE.has(each)),
      [],
    );
    assert.deepEqual(
      [...tested, ...ELSEWHERE].filter((each) => !listed.includes(each)),
      [],
    );
  });
});
