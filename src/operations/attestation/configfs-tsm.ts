import { constants, existsSync } from 'node:fs';
import { mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../base/bytes.js';
import { NodeError } from '../../base/node-error.js';
import type { RandomBytes } from '../../base/sealed-box.js';
import { MAX_AUX_BYTES, MAX_QUOTE_BYTES, type Tee } from './quote-limits.js';
import { misbehaved, type QuoteProvider, type RawQuote, unavailable } from './quote-provider.js';
import type { WithinTime } from './within-time.js';

/** What the kernel calls the environments that are known here. */
const TEES: ReadonlyMap<string, Tee> = new Map<string, Tee>([
  ['tdx_guest', 'tdx'],
  ['sev_guest', 'sev-snp'],
]);

/** Of the files that hold a word or a number. */
const MAX_WORD_BYTES = 256;
const NAME_BYTES = 8;

/**
 * Linux's one interface to the environments of all makers, a directory of configfs (kernel 6.7 on;
 * Documentation/ABI/testing/configfs-tsm): whoever makes an entry in it, writes `inblob` and reads
 * `outblob` gets a quote. `dir` is that directory, or an entry of it that was made for the node,
 * which may then run as an ordinary user.
 */
export function createConfigfsTsm(options: {
  readonly dir: string;
  readonly random: RandomBytes;
  readonly withinTime: WithinTime;
  /** Makes an entry, which the kernel fills. */
  readonly makeEntry?: (path: string) => Promise<unknown>;
}): QuoteProvider {
  const { dir, random, withinTime, makeEntry = mkdir } = options;
  const requirePresent = (): void => {
    if (!existsSync(dir)) throw missing(dir);
  };
  return {
    name: 'configfs-tsm',
    requirePresent,
    async quote(reportData) {
      requirePresent();
      const isEntry = existsSync(join(dir, 'inblob'));
      const entry = isEntry ? dir : join(dir, `dodona-${toHex(random(NAME_BYTES))}`);
      try {
        if (!isEntry) await makeEntry(entry);
      } catch (cause) {
        throw refused(dir, cause);
      }
      try {
        return await withinTime(`${entry} gave no quote`, (signal) =>
          askEntry(entry, reportData, signal),
        );
      } catch (cause) {
        throw cause instanceof NodeError ? cause : refused(entry, cause);
      } finally {
        if (!isEntry) await rmdir(entry).catch(() => {});
      }
    },
  };
}

async function askEntry(entry: string, reportData: Buffer, signal: AbortSignal): Promise<RawQuote> {
  const before = await readGeneration(entry);
  // Who gave up must not write any more: the entry may be somebody else's by then.
  signal.throwIfAborted();
  const file = await open(join(entry, 'inblob'), constants.O_WRONLY);
  try {
    await file.write(reportData);
  } finally {
    // What was written counts once the file is closed.
    await file.close();
  }
  const quote = await readBytes(entry, 'outblob', MAX_QUOTE_BYTES);
  const auxBlob = await readOptional(entry, 'auxblob', MAX_AUX_BYTES);
  const provider = (await readBytes(entry, 'provider', MAX_WORD_BYTES)).toString('latin1').trim();
  const after = await readGeneration(entry);
  // Each write counts one up: any other number means that the quote may be for somebody else.
  if (after !== before + 1) throw interfered(entry);
  const tee = TEES.get(provider);
  if (tee === undefined) {
    throw unavailable(
      `${entry} is served by "${provider.replace(/[^\w-]/g, '?')}", which is not known here`,
      `known are ${[...TEES.keys()].join(' and ')}`,
    );
  }
  return { tee, quote, auxBlob: auxBlob?.length === 0 ? null : auxBlob, eventLog: null };
}

async function readGeneration(entry: string): Promise<number> {
  const text = (await readBytes(entry, 'generation', MAX_WORD_BYTES)).toString('latin1').trim();
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw misbehaved(`${join(entry, 'generation')} holds no number`, HINT);
}

async function readOptional(entry: string, name: string, maxBytes: number): Promise<Buffer | null> {
  try {
    return await readBytes(entry, name, maxBytes);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
}

/** Files of configfs do not tell their size: they are read until they end. */
async function readBytes(entry: string, name: string, maxBytes: number): Promise<Buffer> {
  const path = join(entry, name);
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length <= maxBytes) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
    }
    throw misbehaved(`${path} has more than ${maxBytes} bytes`, HINT);
  } finally {
    await file.close();
  }
}

const HINT = 'look at the log of the kernel (dmesg), and whether the host serves quotes';

const missing = (dir: string): NodeError =>
  unavailable(
    `there is no ${dir}: this machine offers no quotes, or configfs is not mounted`,
    'run in a guest of Intel TDX or AMD SEV-SNP with Linux 6.7 or later, its module tdx_guest or ' +
      'sev_guest loaded, and: mount -t configfs none /sys/kernel/config',
  );

function refused(path: string, cause: unknown): NodeError {
  const { code = '' } = cause as { code?: string };
  if (code === 'EACCES' || code === 'EPERM') {
    return unavailable(
      `the node may not use ${path} (${code})`,
      'as root make an entry for it, and name that in attestation.configfsDir: mkdir ' +
        '/sys/kernel/config/tsm/report/dodona && chown USER /sys/kernel/config/tsm/report/dodona/*',
      cause,
    );
  }
  if (code === 'EAGAIN' || code === 'EBUSY') return interfered(path);
  return misbehaved(`no quote from ${path}`, HINT, cause);
}

const interfered = (path: string): NodeError =>
  new NodeError('ATTESTATION_INTERFERED', `somebody else wrote to ${path} meanwhile`, {
    retryable: true,
    hint: 'try again; give each program an entry of its own',
  });
