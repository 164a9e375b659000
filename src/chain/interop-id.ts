import { sha256 } from '../base/bytes.js';

/** The four bytes by which a script names a system call: the start of the name's SHA-256. */
export const interopId = (name: string): Buffer => Buffer.from(sha256(name).subarray(0, 4));
