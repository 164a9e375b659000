import { shorten } from './bytes.js';

/** A value out of JSON, whatever it is, for a message. */
export function showValue(value: unknown, maxChars = 60): string {
  try {
    return shorten(JSON.stringify(value) ?? 'nothing', maxChars);
  } catch {
    // JSON.parse reads what is nested deeper than JSON.stringify, which needs the stack, can write.
    return 'something that is nested too deep to be shown';
  }
}
