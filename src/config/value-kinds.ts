import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import ipaddr from 'ipaddr.js';
import { shorten } from '../base/bytes.js';
import { type Datoshi, formatGas, parseGas } from '../base/datoshi.js';
import { type Hash160, hash160, hash160ToAddress, parseAccount } from '../base/hash.js';
import { valueSchema } from './value-schema.js';

/** Longest text that a value may have. */
const MAX_TEXT_CHARS = 2_048;
/** Longest name in the DNS. */
const MAX_HOST_CHARS = 253;
const BPS_PER_PERCENT = 100;

const DURATION_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_BYTES = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

type Units = Readonly<Record<string, number>>;

function readQuantity(text: string, units: Units): number {
  const match = /^(\d{1,12})([A-Za-z]+)$/.exec(text);
  const size = match?.[2] === undefined ? undefined : units[match[2]];
  if (match?.[1] === undefined || size === undefined) throw new RangeError(`got ${quote(text)}`);
  return Number(match[1]) * size;
}

/** The quantity in its largest unit that leaves no remainder, e.g. 60000 -> "1m". */
function writeQuantity(value: number, units: Units): string {
  const [unit, size] = Object.entries(units).reduce((best, unit) =>
    value !== 0 && value % unit[1] === 0 ? unit : best,
  );
  return `${value / size}${unit}`;
}

function quantity(units: Units, what: string, examples: string, min: string, max: string) {
  const [minimum, maximum] = [readQuantity(min, units), readQuantity(max, units)];
  return valueSchema<number>({
    expected: `${what} from ${min} to ${max}, written as ${examples}`,
    read: (text) => within(readQuantity(text, units), minimum, maximum, text),
    write: (value) => writeQuantity(value, units),
  });
}

/** A duration in milliseconds, written with one unit: 250ms, 10s, 5m, 1h, 2d. */
export const duration = (min: string, max: string) =>
  quantity(DURATION_MS, 'a duration', '250ms, 10s, 5m, 1h or 2d', min, max);

/** A size in bytes, written with one unit: 512B, 64KiB, 2MiB, 1GiB. */
export const byteSize = (min: string, max: string) =>
  quantity(SIZE_BYTES, 'a size', '512B, 64KiB, 2MiB or 1GiB', min, max);

/** A whole number in decimal digits; `_` may group them. */
export function integer(min: number, max: number, what = 'a whole number') {
  return valueSchema<number>({
    expected: `${what} from ${min} to ${max}`,
    read(text) {
      if (!/^\d+(_\d+)*$/.test(text)) throw new RangeError(`got ${quote(text)}`);
      return within(Number(text.replaceAll('_', '')), min, max, text);
    },
    write: String,
  });
}

/** Hundredths of a percent (basis points), written as 5% or 0.25%. */
export function percentBps(min: string, max: string) {
  const read = (text: string): number => {
    const match = /^(\d{1,6})(?:\.(\d{1,2}))?%$/.exec(text);
    if (!match) throw new RangeError(`got ${quote(text)}`);
    return Number(match[1]) * BPS_PER_PERCENT + Number((match[2] ?? '').padEnd(2, '0'));
  };
  const [minimum, maximum] = [read(min), read(max)];
  return valueSchema<number>({
    expected: `a percentage from ${min} to ${max}, written as 5% or 0.25%`,
    read: (text) => within(read(text), minimum, maximum, text),
    write: (bps) => `${String(bps / BPS_PER_PERCENT)}%`,
  });
}

/** An amount in datoshi, written in GAS with the unit: 1.5 GAS. */
export function gasAmount(min: string, max: string) {
  const [minimum, maximum] = [parseGas(min), parseGas(max)];
  return valueSchema<Datoshi>({
    expected: `an amount from ${min} to ${max} GAS with at most 8 decimals, written as 1.5 GAS`,
    read(text) {
      const match = /^(\d{1,12}(?:\.\d{1,8})?) GAS$/.exec(text);
      if (match?.[1] === undefined) throw new RangeError(`got ${quote(text)}`);
      return within(parseGas(match[1]), minimum, maximum, text);
    },
    write: (amount) => `${formatGas(amount).replace(/\.?0+$/, '')} GAS`,
  });
}

/** true or false. */
export const flag = () =>
  valueSchema<boolean>({
    expected: 'true or false',
    read(text) {
      if (text !== 'true' && text !== 'false') throw new RangeError(`got ${quote(text)}`);
      return text === 'true';
    },
    write: String,
  });

/** One of a few words. */
export const oneOf = <const T extends string>(...words: readonly T[]) =>
  valueSchema<T>({
    expected: `one of ${words.join(', ')}`,
    read(text) {
      const word = words.find((candidate) => candidate === text);
      if (word === undefined) throw new RangeError(`got ${quote(text)}`);
      return word;
    },
    write: String,
  });

/** A contract's hash as Neo displays it. */
export const contractHash = () =>
  valueSchema<Hash160>({
    expected: "the contract's hash: 0x and 40 hex digits, big-endian, as explorers show it",
    read: (text) => reworded(() => hash160(text), text),
    write: String,
  });

/** SHA-256 of some bytes. */
export const sha256 = () =>
  valueSchema<string>({
    expected: 'a SHA-256: 64 hex digits, as sha256sum prints it',
    read(text) {
      if (!/^[0-9a-f]{64}$/i.test(text)) throw new RangeError(`got ${quote(text)}`);
      return text.toLowerCase();
    },
    write: String,
  });

/** An account, given as an address or as 0x and 40 hex digits. */
export const account = () =>
  valueSchema<Hash160>({
    expected: 'a Neo N3 address (N…) or 0x and 40 hex digits',
    read: (text) => reworded(() => parseAccount(text), text),
    write: hash160ToAddress,
  });

/** A path of a file or directory; a relative one counts from the configuration file's directory. */
export const filePath = () =>
  valueSchema<string>({
    expected: "a path, absolute or relative to this file's directory",
    read(text) {
      if (text === '' || text.length > MAX_TEXT_CHARS || text.includes('\0')) {
        throw new RangeError(`got ${quote(text)}`);
      }
      if (text.startsWith('~') && !isAbsolute(text)) {
        throw new RangeError(`got ${quote(text)}, and "~" is not expanded here`);
      }
      return text;
    },
    write: String,
  });

/** The gateway takes no longer ones in the specification of a request, with room for the rest. */
const MAX_WEB_URL_CHARS = 256;

/** A URL that a request asks for; it stands on the chain for everybody to read. */
export const webUrl = () =>
  valueSchema<string>({
    expected: 'a URL of at most 256 characters that begins with https:// or http://, no password',
    read(text) {
      const url = URL.canParse(text) && text.length <= MAX_WEB_URL_CHARS ? new URL(text) : null;
      if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') {
        throw new RangeError(/[@?]/.test(text) ? 'it is no such URL' : `got ${quote(text)}`);
      }
      return url.href;
    },
    write: String,
  });

/** A text without line ends, such as an argument of a program. */
export const word = () =>
  valueSchema<string>({
    expected: 'a text of one line',
    read(text) {
      if (text === '' || text.length > MAX_TEXT_CHARS || /[\0\r\n]/.test(text)) {
        throw new RangeError(`got ${quote(text)}`);
      }
      return text;
    },
    write: String,
  });

/**
 * A URL with one of the schemes. Credentials in it are refused: they would end up in logs and
 * metrics.
 */
export function endpointUrl(...schemes: readonly string[]) {
  const examples = schemes.map((scheme) => `${scheme}://`).join(' or ');
  return valueSchema<string>({
    expected: `a URL that begins with ${examples}, without user, password, query or fragment`,
    read(text) {
      const url = URL.canParse(text) && text.length <= MAX_TEXT_CHARS ? new URL(text) : null;
      if (url === null || !schemes.some((scheme) => url.protocol === `${scheme}:`)) {
        // The text may hold a credential that must not be repeated.
        throw new RangeError(/[@?]/.test(text) ? 'it is no such URL' : `got ${quote(text)}`);
      }
      const parts = { user: url.username + url.password, query: url.search, fragment: url.hash };
      const extra = Object.entries(parts).find(([, value]) => value !== '');
      if (extra) throw new RangeError(`the URL of ${url.host} has a ${extra[0]} part`);
      return url.href;
    },
    write: String,
  });
}

/** A host's name or IP address, lower case, without port. */
export const hostName = () =>
  valueSchema<string>({
    expected: 'a host name or IP address without scheme and port',
    read(text) {
      const host = text.toLowerCase();
      if (host.length > MAX_HOST_CHARS || !(isIP(host) !== 0 || isDnsName(host))) {
        throw new RangeError(`got ${quote(text)}`);
      }
      return host;
    },
    write: String,
  });

/** Labels of letters, digits, - and _; a last label of digits is an odd form of an address. */
function isDnsName(host: string): boolean {
  const labels = host.split('.');
  const isLabel = (label: string): boolean => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label);
  return labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** A network in CIDR notation. */
export const cidr = () =>
  valueSchema<string>({
    expected: 'a network such as 10.0.0.0/8 or fd00::/8, its host bits zero',
    read(text) {
      if (!ipaddr.isValidCIDR(text)) throw new RangeError(`got ${quote(text)}`);
      const [address, bits] = ipaddr.parseCIDR(text);
      const network =
        address.kind() === 'ipv4'
          ? ipaddr.IPv4.networkAddressFromCIDR(text)
          : ipaddr.IPv6.networkAddressFromCIDR(text);
      if (network.toString() !== address.toString()) {
        throw new RangeError(`${quote(text)} has host bits; its network is ${network}/${bits}`);
      }
      return `${address}/${bits}`;
    },
    write: String,
  });

function within<T extends number | bigint>(value: T, min: T, max: T, text: string): T {
  if (value < min) throw new RangeError(`${quote(text)} is too small`);
  if (value > max) throw new RangeError(`${quote(text)} is too large`);
  return value;
}

function reworded<T>(read: () => T, text: string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`got ${quote(text)}`);
    throw error;
  }
}

/** A value as messages show it. */
export const quote = (text: string): string =>
  text === '' ? 'no value' : JSON.stringify(shorten(text, 60));
