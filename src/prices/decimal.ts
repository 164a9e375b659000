/** Decimals of a price on the chain. */
export const CHAIN_DECIMALS = 8;
/**
 * Decimals of a price inside the node. Ten more than on the chain, so that what conversions round
 * off stays far below the last digit that is published.
 */
export const QUOTE_DECIMALS = 18;
/** One whole unit inside the node. */
export const QUOTE_UNIT = 10n ** BigInt(QUOTE_DECIMALS);
const PER_CHAIN_STEP = 10n ** BigInt(QUOTE_DECIMALS - CHAIN_DECIMALS);
/** Amounts on the chain are below 2^63: the largest price is 92,233,720,368.54775807. */
const MAX_CHAIN_PRICE = 2n ** 63n - 1n;

const DECIMAL = /^([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
/** Longer texts are no prices. */
const MAX_DECIMAL_CHARS = 80;

/**
 * Reads a positive decimal such as "3.0512" or "1.2e-7" exactly, as units of 1e-18; digits beyond
 * are cut off. Null of anything else, and of what is 0 or cannot stand on the chain.
 */
export function parseDecimal(text: string): bigint | null {
  if (text.length > MAX_DECIMAL_CHARS) return null;
  const [, whole, fraction = '', power = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return null;
  const digits = BigInt(whole + fraction);
  const shift = QUOTE_DECIMALS + Number(power) - fraction.length;
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return value > 0n && value / PER_CHAIN_STEP <= MAX_CHAIN_PRICE ? value : null;
}

/** A price inside the node as it stands on the chain: rounded down to 8 decimals. */
export const toChainPrice = (value: bigint): bigint => value / PER_CHAIN_STEP;

/** A price on the chain, inside the node. */
export const fromChainPrice = (price: bigint): bigint => price * PER_CHAIN_STEP;

/** A price inside the node as text, without zeros at its end. */
export function formatDecimal(value: bigint, decimals = QUOTE_DECIMALS): string {
  const digits = value.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  const whole = digits.slice(0, -decimals);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** A price of the chain as text. */
export const formatChainPrice = (price: bigint): string => formatDecimal(price, CHAIN_DECIMALS);
