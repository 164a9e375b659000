import { copyFile } from 'node:fs/promises';

/** A process that begins its log anew with each start: a copy keeps what is in it. */
export const keepLog = (file: string, name: string): Promise<void> =>
  copyFile(file, `${file}.${name}`);
