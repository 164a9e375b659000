import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import type { Item } from '../vm-item.js';
import { text } from './checks.js';
import type { Upkeep } from './records.js';

/* contracts/gateway/triggers.go */

export const Trigger = { cron: 0, every: 1, when: 2, on: 3 } as const;

const MAX_EVERY_BLOCKS = 1 << 24;

export type ParsedTrigger = Pick<Upkeep, 'trigger' | 'kind' | 'every' | 'condition'>;

export function parseTrigger(c: CallContext, given: Item): ParsedTrigger {
  const trigger = text(c, given, 128, 'trigger is longer than 128 bytes', 'trigger is not UTF-8');
  c.execution.use(GAS_UNITS.trigger);
  const parts = trigger.split(';');
  const [body = '', more] = parts;
  if (parts.length > 2 || (more !== undefined && !isCatchup(more))) {
    c.refuse('what follows the ; of the trigger is not catchup=<n> with n from 1 to 10');
  }
  const none = { trigger, every: 0, condition: '' };
  if (body.startsWith('cron:')) {
    c.execution.use(GAS_UNITS.cron);
    requireCron(c, body.slice(5));
    return { ...none, kind: Trigger.cron };
  }
  if (body.startsWith('every:')) {
    const every = number(body.slice(6), 1, MAX_EVERY_BLOCKS);
    if (every < 0) c.refuse('every: of the trigger is not from 1 to 16777216 blocks');
    return { ...none, kind: Trigger.every, every };
  }
  if (body.startsWith('when:')) {
    const condition = body.slice(5);
    const bytes = Buffer.byteLength(condition);
    if (bytes === 0 || bytes > 64 || condition.startsWith('_')) {
      c.refuse(
        'when: of the trigger is not a method of 1 to 64 bytes without a leading underscore',
      );
    }
    return { ...none, kind: Trigger.when, condition };
  }
  if (body.startsWith('on:')) {
    requireEvent(c, body.slice(3));
    return { ...none, kind: Trigger.on };
  }
  return c.refuse('trigger begins with none of cron:, every:, when: and on:');
}

const isCatchup = (given: string): boolean =>
  given.startsWith('catchup=') && number(given.slice(8), 1, 10) > 0;

const NAME_AT = 2 + 40 + 1;

function requireEvent(c: CallContext, given: string): void {
  // By bytes, as the contract looks at them.
  const bytes = Buffer.from(given).toString('latin1');
  if (!bytes.startsWith('0x') || bytes.length < NAME_AT || bytes[NAME_AT - 1] !== ':') {
    c.refuse('on: of the trigger is not 0x, 40 hex digits, a colon and an event');
  }
  if (!/^[0-9a-fA-F]{40}$/.test(bytes.slice(2, NAME_AT - 1))) {
    c.refuse('the contract in on: of the trigger has a character that is no hex digit');
  }
  if (bytes.length === NAME_AT || bytes.length > NAME_AT + 32) {
    c.refuse('the event in on: of the trigger is not of 1 to 32 bytes');
  }
}

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

function requireCron(c: CallContext, given: string): void {
  const fields = given.split(' ');
  if (fields.length !== RANGES.length) {
    c.refuse('cron: of the trigger is not 5 fields with one space between them');
  }
  const fits = RANGES.every(([low, high], at) =>
    (fields[at] ?? '').split(',').every((each) => isCronItem(each, low, high)),
  );
  if (!fits) {
    c.refuse(
      'a field of cron: is not a list of *, a, a-b, */n and a-b/n with numbers in its range',
    );
  }
}

function isCronItem(given: string, low: number, high: number): boolean {
  const steps = given.split('/');
  const [range = '', step] = steps;
  if (steps.length > 2 || (step !== undefined && number(step, 1, high) < 0)) return false;
  if (range === '*') return true;
  const ends = range.split('-');
  const first = number(ends[0] ?? '', low, high);
  if (ends.length === 1) return first >= 0 && step === undefined;
  return ends.length === 2 && first >= 0 && number(ends[1] ?? '', low, high) >= first;
}

function number(given: string, low: number, high: number): number {
  if (!/^[0-9]{1,8}$/.test(given)) return -1;
  const value = Number(given);
  return value < low || value > high ? -1 : value;
}
