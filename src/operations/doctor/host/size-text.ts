const GIB = 1_073_741_824;
const MIB = 1_048_576;

/** A size for people: 3.5 GiB, 250 MiB. */
export const sizeText = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.floor(bytes / MIB)} MiB`;
