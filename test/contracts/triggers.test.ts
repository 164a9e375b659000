import assert from 'node:assert/strict';
import { utf8 } from '../../src/chain/script.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { refuses } from './refusals.js';
import { upkeepArgs } from './upkeeps.js';

const CONTRACT = '0x0102030405060708090a0B0C0D0E0F1011121314';
const ON = `on:${CONTRACT}:`;

const GOOD = [
  'cron:* * * * *',
  'cron:0 0 1 1 0',
  'cron:59 23 31 12 7',
  'cron:*/59 */23 */31 */12 */7',
  'cron:0-59/5,7 0-23 1-31/2 1,2,3 1-5',
  'cron:00 09 * * 1-1',
  'cron:1,1,1 * * * *',
  'every:1',
  'every:16777216',
  'when:isDue',
  `${ON}E`,
  `${ON}${'e'.repeat(32)}`,
  `${ON}:colon: and space`,
  `${ON}Währung`,
  ...['cron:5 4 * * *', 'every:10', 'when:isDue', `${ON}Transfer`].flatMap((trigger) => [
    `${trigger};catchup=1`,
    `${trigger};catchup=10`,
  ]),
];

const BAD: Readonly<Record<string, readonly string[]>> = {
  'trigger is longer than 128 bytes': [`${ON}${'e'.repeat(84)}`, 'x'.repeat(129)],
  'trigger begins with none of cron:, every:, when: and on:': [
    '',
    'every',
    'Every:1',
    ' every:1',
    'cron',
    'whenever:isDue',
    'at:noon',
    ';catchup=1',
  ],
  'what follows the ; of the trigger is not catchup=<n> with n from 1 to 10': [
    'every:1;',
    'every:1;catchup',
    'every:1;catchup=',
    'every:1;catchup=0',
    'every:1;catchup=11',
    'every:1;catchup=-1',
    'every:1;catchup=1 ',
    'every:1; catchup=1',
    'every:1;Catchup=1',
    'every:1;catchup=1;',
    'every:1;catchup=1;catchup=1',
    `${ON}a;b`,
  ],
  'every: of the trigger is not from 1 to 16777216 blocks': [
    'every:',
    'every:0',
    'every:16777217',
    'every:99999999',
    'every:100000000',
    'every:-1',
    'every:+1',
    'every:1.5',
    'every:1e3',
    'every: 1',
    'every:one',
    'every:\u0661',
  ],
  'when: of the trigger is not a method of 1 to 64 bytes without a leading underscore': [
    'when:',
    'when:_deploy',
    `when:${'m'.repeat(65)}`,
  ],
  'on: of the trigger is not 0x, 40 hex digits, a colon and an event': [
    'on:',
    'on:0x',
    `on:${CONTRACT}`,
    `on:${CONTRACT}E`,
    `on:${CONTRACT.slice(0, -1)}:E`,
    `on:${CONTRACT}0:E`,
    `on:${CONTRACT.slice(2)}00:E`,
    `on:0X${CONTRACT.slice(2)}:E`,
  ],
  'the contract in on: of the trigger has a character that is no hex digit': [
    `on:${CONTRACT.slice(0, -1)}g:E`,
    `on:${CONTRACT.slice(0, -1)}G:E`,
    `on:${CONTRACT.slice(0, -1)}/:E`,
    `on:${CONTRACT.slice(0, -1)}@:E`,
    `on:0x-${CONTRACT.slice(3)}:E`,
  ],
  'the event in on: of the trigger is not of 1 to 32 bytes': [ON, `${ON}${'e'.repeat(33)}`],
  'cron: of the trigger is not 5 fields with one space between them': [
    'cron:',
    'cron:* * * *',
    'cron:* * * * * *',
    'cron:*  * * * *',
    'cron: * * * * *',
    'cron:* * * * * ',
    'cron:*\t* * * *',
    'cron:@daily',
  ],
  'a field of cron: is not a list of *, a, a-b, */n and a-b/n with numbers in its range': [
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 0 *',
    '* * * 13 *',
    '* * * * 8',
    '* * * * MON',
    '* * * JAN *',
    '-1 * * * *',
    '5-1 * * * *',
    '1-60 * * * *',
    '1-2-3 * * * *',
    '1- * * * *',
    '-5 * * * *',
    '5/10 * * * *',
    '*/0 * * * *',
    '*/60 * * * *',
    '*/ * * * *',
    '*/*/2 * * * *',
    '*/2/2 * * * *',
    '1,,2 * * * *',
    ',1 * * * *',
    '** * * * *',
    '*-5 * * * *',
    '? * * * *',
    '* * L * *',
    '* * * * 1#2',
    '\t* * * * *',
  ].map((fields) => `cron:${fields}`),
};

describe('the trigger of an upkeep', () => {
  let world: GatewayWorld<'user', 'target'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['target'] });
  });
  after(() => world.network.disconnect());

  const register = (trigger: string | Uint8Array | null) =>
    world.call('registerUpkeep', ...upkeepArgs(world.contracts.target, { trigger }));

  it('is taken in each of its forms', async () => {
    for (const trigger of GOOD) {
      const { state, exception } = await world.network.trial(
        world.accounts.user,
        register(trigger),
      );
      assert.equal(state, 'HALT', `${trigger}: ${exception}`);
    }
  });

  for (const [refusal, triggers] of Object.entries(BAD)) {
    it(`is refused: ${refusal}`, async () => {
      for (const trigger of triggers) {
        await refuses(world.network, world.accounts.user, register(trigger), refusal);
      }
    });
  }

  it('is UTF-8, and not nothing', async () => {
    const { user } = world.accounts;
    const cut = Buffer.concat([utf8(ON), Buffer.from([0xc3])]);
    await refuses(world.network, user, register(cut), 'trigger is not UTF-8');
    const refusal = 'trigger begins with none of cron:, every:, when: and on:';
    await refuses(world.network, user, register(null), refusal);
  });
});
