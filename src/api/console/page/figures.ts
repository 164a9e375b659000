/** Numbers and times as texts. Times are told in UTC, as the command line tells them. */

const GAS_DECIMALS = 8;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Digits in groups of three: 1234567 -> "1,234,567". */
export function grouped(digits: number | string): string {
  return String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export interface GasParts {
  /** "−" or "". */
  readonly sign: string;
  /** In groups of three. */
  readonly whole: string;
  /** All eight decimals. */
  readonly decimals: string;
}

/** An amount of datoshi in GAS, exact. */
export function gasParts(datoshi: string): GasParts {
  const sign = datoshi.startsWith('-') ? '−' : '';
  const digits = datoshi.replace('-', '').padStart(GAS_DECIMALS + 1, '0');
  return {
    sign,
    whole: grouped(digits.slice(0, -GAS_DECIMALS)),
    decimals: digits.slice(-GAS_DECIMALS),
  };
}

/** "1,006.64905333 GAS" */
export function gasText(datoshi: string): string {
  const { sign, whole, decimals } = gasParts(datoshi);
  return `${sign}${whole}.${decimals} GAS`;
}

/** Sum of amounts of datoshi; what is null counts as nothing. */
export const sumOf = (...amounts: readonly (string | null)[]): string =>
  amounts.reduce((sum, amount) => sum + BigInt(amount ?? '0'), 0n).toString();

/** The two largest units of a time span: "3 min 12 s". */
export function durationText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < SECOND_MS) return `${Math.round(span)} ms`;
  if (span < MINUTE_MS) return `${Math.floor(span / SECOND_MS)} s`;
  if (span < HOUR_MS) return two(span, MINUTE_MS, 'min', SECOND_MS, 's');
  if (span < DAY_MS) return two(span, HOUR_MS, 'h', MINUTE_MS, 'min');
  return two(span, DAY_MS, 'd', HOUR_MS, 'h');
}

function two(span: number, large: number, largeName: string, small: number, name: string): string {
  const rest = Math.floor((span % large) / small);
  const head = `${Math.floor(span / large)} ${largeName}`;
  return rest === 0 ? head : `${head} ${rest} ${name}`;
}

/** "4 s ago", or "now" for what is younger than a second, or of a clock that is ahead. */
export function agoText(iso: string, nowMs: number): string {
  const ms = nowMs - Date.parse(iso);
  return ms < SECOND_MS ? 'now' : `${durationText(ms)} ago`;
}

/** "2026-11-27 19:08:34" */
export const timeText = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** "27 Nov" of a day such as 2026-11-27. */
export function dayText(day: string): string {
  const name = MONTHS[Number(day.slice(5, 7)) - 1] ?? '';
  return `${Number(day.slice(8, 10))} ${name}`;
}

const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

/** "0x12345678…9abcdef0": for where the whole one does not fit; it is copied whole. */
export const shortHash = (hash: string): string =>
  hash.length <= 22 ? hash : `${hash.slice(0, 8)}…${hash.slice(-6)}`;

/** "1 block", "2 blocks" */
export const counted = (number: number, what: string): string =>
  `${grouped(number)} ${what}${number === 1 ? '' : 's'}`;

/** Hours as a person tells them: "7 h", "12 days", "3 years". */
export function hoursText(hours: number): string {
  if (hours < 48) return `${Math.floor(hours)} h`;
  const days = Math.floor(hours / 24);
  return days < 730 ? `${grouped(days)} days` : `${grouped(Math.floor(days / 365))} years`;
}

const PRICE_DECIMALS = 18;

/** A decimal text as a whole number of 1e-18. */
export function scaled(decimal: string): bigint {
  const [whole = '0', rest = ''] = decimal.split('.');
  return BigInt(whole + rest.slice(0, PRICE_DECIMALS).padEnd(PRICE_DECIMALS, '0'));
}

/** How far a price is from another, in hundredths of a basis point. */
export function centiBps(price: string, base: string): number {
  const from = scaled(base);
  return from === 0n ? 0 : Number(((scaled(price) - from) * 1_000_000n) / from);
}

/** "+12.50 bp"; from ten thousand on in percent, which reads easier. */
export function distanceText(price: string, base: string): string {
  const hundredths = centiBps(price, base);
  const sign = hundredths < 0 ? '−' : '+';
  const size = Math.abs(hundredths);
  if (size >= 100_000) return `${sign}${grouped((size / 10_000).toFixed(1))} %`;
  return `${sign}${(size / 100).toFixed(2)} bp`;
}
