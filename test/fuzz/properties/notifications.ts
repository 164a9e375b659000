import fc from 'fast-check';
import { GATEWAY_EVENTS } from '../../../src/chain/gateway-events.js';
import { parseNotifications } from '../../../src/chain/gateway-notification.js';
import { createIntake } from '../../../src/pipeline/intake.js';
import { inTransaction } from '../../../src/storage/database.js';
import { ACCOUNT, createStages, hashOf, REQUESTER } from '../../pipeline/stage-fixture.js';
import { GATEWAY, TX } from '../chain-answers.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { type Json, mutate, mutations } from '../mutate-json.js';
import { assertTypedRefusal } from '../typed-refusal.js';

const base64 = (bytes: Uint8Array | string): string =>
  Buffer.from(bytes as string).toString('base64');
const account = (hex: string): string =>
  Buffer.from(hex.slice(2), 'hex').reverse().toString('base64');

/** Values that a contract of ours sends, and what a lying node makes of them. */
const amounts = fc.oneof(
  fc.bigInt({ min: 0n, max: 1_000n }),
  fc.constantFrom(-1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 255n - 1n),
);
const integers = amounts.map((value): Json => ({ type: 'Integer', value: `${value}` }));
const byteStrings = fc
  .oneof(
    fc.constantFrom(account(REQUESTER), account(ACCOUNT), account(GATEWAY), '', base64('{}')),
    fc.constantFrom('GAS/USD', 'every:5', 'cron:* * * * *', 'on:x', 'on:', '$.a', '\0').map(base64),
    fc.uint8Array({ minLength: 31, maxLength: 33 }).map(base64),
    fc.uint8Array({ maxLength: 96 }).map(base64),
    fc.constant(base64(Buffer.alloc(100_000, 0x61))),
  )
  .map((value): Json => ({ type: 'ByteString', value }));
const items: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: integers },
  { weight: 5, arbitrary: byteStrings },
  fc.constantFrom<Json>({ type: 'Any' }, { type: 'Boolean', value: true }),
);

/** A notification with as many parameters as the event has; each is often of the right kind. */
const notification = fc.constantFrom(...Object.entries(GATEWAY_EVENTS)).chain(([name, fields]) => {
  const values = Object.keys(fields).map((field) => {
    const fitting = fc.boolean().chain((fits) => (fits ? fittingOf(field) : items));
    return fc.oneof({ weight: 6, arbitrary: fittingOf(field) }, fitting);
  });
  return fc.tuple(...values).map(
    (value): Json => ({
      contract: GATEWAY,
      eventname: name,
      state: { type: 'Array', value },
    }),
  );
});

const ACCOUNTS = /^(?:requester|payer|owner|target|account|from|to|before)$/;
const TEXTS: Readonly<Record<string, string>> = {
  spec: '{"url":"https://a.example"}',
  trigger: 'every:5',
  pair: 'GAS/USD',
  method: 'tick',
};
const HASHES = /^(?:codeHash|seed|nefHash|manifestHash)$/;

function fittingOf(field: string): fc.Arbitrary<Json> {
  const bytes = (value: string): Json => ({ type: 'ByteString', value });
  if (ACCOUNTS.test(field)) {
    return fc.constantFrom(bytes(account(REQUESTER)), bytes(account(ACCOUNT)));
  }
  if (HASHES.test(field)) return fc.constant(bytes(base64(Buffer.alloc(32, 7))));
  const text = TEXTS[field];
  if (text !== undefined) return fc.constant(bytes(base64(text)));
  if (/^(?:url|filter|args|name|publicKey)$/.test(field)) return byteStrings;
  if (/^(?:delivered|on|byOwner)$/.test(field)) {
    return fc.boolean().map((value): Json => ({ type: 'Boolean', value }));
  }
  return fc
    .bigInt({ min: 0n, max: 5n })
    .map((value): Json => ({ type: 'Integer', value: `${value}` }));
}

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'of the gateway are taken in, or refused by an error of ours that changes nothing',
    runs: 150,
    make: () => {
      const blocks = fc.array(fc.array(notification, { maxLength: 4 }), { maxLength: 4 });
      const changes = fc.option(mutations, { freq: 3 });
      return fc.property(blocks, changes, (list, wrong) => {
        const stages = createStages();
        stages.db.pragma('synchronous = OFF');
        try {
          inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, 10));
          const own = [{ account: ACCOUNT, sinceBlock: 10, openedBlock: null }];
          const takeIn = createIntake(stages, stages.clock, { gateway: GATEWAY, own });
          for (const [at, entries] of list.entries()) {
            const told = wrong === null ? entries : mutate(entries, wrong);
            const height = stages.cursor.read()?.height;
            try {
              const notifications = parseNotifications(told as Json[], GATEWAY, TX, 0);
              const index = 10 + at;
              takeIn([{ index, hash: hashOf(index), timeMs: 1, notifications, ownGas: [] }]);
            } catch (thrown) {
              if (!Array.isArray(told)) return;
              assertTypedRefusal(thrown);
              if (stages.cursor.read()?.height !== height) throw new Error('the cursor moved on');
              return;
            }
          }
        } finally {
          stages.close();
        }
      });
    },
  },
];
