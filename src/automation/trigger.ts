import { type Hash160, hash160 } from '../base/hash.js';
import { type CronSchedule, readCron } from './cron-schedule.js';

/** What makes an occurrence of an upkeep. */
export type Trigger = {
  /** Missed occurrences that are run besides the latest; null where the trigger doesn't say. */
  readonly catchup: number | null;
} & (
  | { readonly kind: 'cron'; readonly schedule: CronSchedule }
  | { readonly kind: 'every'; readonly blocks: number }
  | { readonly kind: 'when'; readonly method: string }
  | { readonly kind: 'on'; readonly contract: Hash160; readonly event: string }
);

export const TRIGGER_KINDS = ['cron', 'every', 'when', 'on'] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

export type ReadTrigger =
  | { readonly kind: 'trigger'; readonly trigger: Trigger }
  | { readonly kind: 'refused'; readonly reason: string };

export const MAX_TRIGGER_BYTES = 128;
export const MAX_CATCHUP = 10;
const MAX_METHOD_BYTES = 64;
/** Of a notification's name, by the protocol. */
const MAX_EVENT_BYTES = 32;
const MAX_EVERY_BLOCKS = 2 ** 24;

/**
 * Reads a trigger as the gateway takes it at registration (contracts/gateway/triggers.go):
 * `cron:<5 fields, UTC>`, `every:<blocks>`, `when:<method>` or `on:<contract>:<event>`, and perhaps
 * `;catchup=<1..10>`. Besides, a cron expression that no day ever meets is refused.
 */
export function readTrigger(text: string): ReadTrigger {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TRIGGER_BYTES) {
    return refused(`a trigger of ${bytes} bytes: at most ${MAX_TRIGGER_BYTES}`);
  }
  const [body = '', ...more] = text.split(';');
  const catchup = more.length === 0 ? null : catchupOf(more);
  if (more.length > 0 && catchup === null) {
    return refused(`what follows the ; is not catchup=<n> with n from 1 to ${MAX_CATCHUP}`);
  }
  const colon = body.indexOf(':');
  const rest = body.slice(colon + 1);
  switch (colon < 0 ? '' : body.slice(0, colon)) {
    case 'cron':
      return readCronTrigger(rest, catchup);
    case 'every':
      return readEvery(rest, catchup);
    case 'when':
      return readWhen(rest, catchup);
    case 'on':
      return readOn(rest, catchup);
    default:
      return refused('it begins with none of cron:, every:, when: and on:');
  }
}

const refused = (reason: string): ReadTrigger => ({ kind: 'refused', reason });

/** At most eight decimal digits, of a number from 1 to `max`; null for anything else. */
function wholeNumber(text: string, max: number): number | null {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= max ? value : null;
}

function catchupOf(more: readonly string[]): number | null {
  const [, digits = ''] = /^catchup=(\d+)$/.exec(more.join(';')) ?? [];
  return wholeNumber(digits, MAX_CATCHUP);
}

function readCronTrigger(text: string, catchup: number | null): ReadTrigger {
  const read = readCron(text);
  if (read.kind === 'refused') return refused(`cron: ${read.reason}`);
  return { kind: 'trigger', trigger: { kind: 'cron', schedule: read.schedule, catchup } };
}

function readEvery(text: string, catchup: number | null): ReadTrigger {
  const blocks = wholeNumber(text, MAX_EVERY_BLOCKS);
  if (blocks === null)
    return refused(`every: expected a number of blocks, 1 to ${MAX_EVERY_BLOCKS}`);
  return { kind: 'trigger', trigger: { kind: 'every', blocks, catchup } };
}

function readWhen(method: string, catchup: number | null): ReadTrigger {
  if (!isName(method, MAX_METHOD_BYTES) || method.startsWith('_')) {
    const limit = `1 to ${MAX_METHOD_BYTES} bytes without leading "_"`;
    return refused(`when: expected a method's name of ${limit}`);
  }
  return { kind: 'trigger', trigger: { kind: 'when', method, catchup } };
}

function readOn(text: string, catchup: number | null): ReadTrigger {
  const [, contract, event = ''] = /^(0x[0-9a-fA-F]{40}):(.*)$/s.exec(text) ?? [];
  if (contract === undefined)
    return refused('on: expected 0x, 40 hex digits, a colon and an event');
  if (!isName(event, MAX_EVENT_BYTES)) {
    return refused(`on: expected an event's name of 1 to ${MAX_EVENT_BYTES} bytes`);
  }
  return { kind: 'trigger', trigger: { kind: 'on', contract: hash160(contract), event, catchup } };
}

const isName = (text: string, maxBytes: number): boolean =>
  text !== '' && Buffer.byteLength(text) <= maxBytes;
