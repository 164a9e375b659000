import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';

export interface RotatingFileOptions {
  readonly path: string;
  /** A file that would grow beyond this is put aside before the line is written. */
  readonly maxBytes: number;
  /** Files kept, the current one among them: path, path.1 (younger) … path.n (oldest). */
  readonly maxFiles: number;
  /** Told when writing begins to fail, once until it works again. The lines are lost. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A file of lines, mode 0600, bounded in size. Lines are written at once and whole, so none is lost
 * when the process ends (winston's own file transport loses some while it changes files).
 */
export function createRotatingFile(options: RotatingFileOptions): Writable {
  const { path, maxBytes, maxFiles, onFailure } = options;
  let file: number | null = null;
  let bytes = 0;
  let failing = false;

  const open = (): number => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const opened = openSync(path, 'a', 0o600);
    bytes = fstatSync(opened).size;
    return opened;
  };
  const close = (): void => {
    if (file !== null) closeSync(file);
    file = null;
  };
  const append = (line: Buffer): void => {
    file ??= open();
    if (bytes > 0 && bytes + line.length > maxBytes) {
      close();
      putAside(path, maxFiles);
      file = open();
    }
    writeSync(file, line);
    bytes += line.length;
    failing = false;
  };
  return new Writable({
    write(line: Buffer, _encoding, done) {
      try {
        append(line);
      } catch (error) {
        close();
        if (!failing) onFailure(error);
        failing = true;
      }
      done();
    },
    final(done) {
      close();
      done();
    },
  });
}

/** path.1 becomes path.2 and so on, then path becomes path.1; the oldest is overwritten. */
function putAside(path: string, maxFiles: number): void {
  const name = (age: number): string => (age === 0 ? path : `${path}.${age}`);
  for (let age = maxFiles - 1; age > 0; age--) {
    if (existsSync(name(age - 1))) renameSync(name(age - 1), name(age));
  }
  // With one file only there is no name to put it aside under.
  if (maxFiles === 1) closeSync(openSync(path, 'w', 0o600));
}
