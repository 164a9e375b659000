import { host } from './host.js';

/** A value as a line of the log shows it. */
function textOf(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

export const { log } = {
  log(...values) {
    host.log(values.map(textOf).join(' '));
  },
};
