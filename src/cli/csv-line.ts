/** A line of comma-separated values (RFC 4180, without its line end). */
export const csvLine = (values: readonly string[]): string => values.map(quoted).join(',');

const quoted = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
