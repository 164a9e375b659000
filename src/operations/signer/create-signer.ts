import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { formatGas } from '../../base/datoshi.js';
import { hash160ToAddress } from '../../base/hash.js';
import { NodeError } from '../../base/node-error.js';
import type { SignerConfig } from '../../config/signer-config.js';
import { lockNode } from '../../storage/node-lock.js';
import type { Log } from '../../telemetry/log.js';
import { type SignerServer, serveSigner } from './serve-signer.js';
import { createSignDesk } from './sign-desk.js';
import { openSignerKeys } from './signer-keys.js';
import { openSpendJournal } from './spend-journal.js';

const LOCK_FILE = 'signer.lock';

export interface DodonaSigner {
  /** Opens wallet, state and socket. Rejects with a NodeError that says what to mend. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A signer, put together from its configuration and the wallet's password. */
export function createSigner(options: {
  readonly config: SignerConfig;
  readonly readPassword: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
}): DodonaSigner {
  const { config, clock, log } = options;
  const closers: (() => void | Promise<void>)[] = [];

  async function start(): Promise<void> {
    const { policy, stateDir, socket, maxConnections } = config;
    const lock = lockState(stateDir);
    closers.push(() => lock.release());
    const journal = openSpendJournal(stateDir, clock);
    closers.push(() => journal.close());
    const keys = await openSignerKeys({
      file: config.wallet.file,
      password: await options.readPassword(),
      onTrouble: (reason) => log.warn('the wallet changed and cannot be read', { reason }),
    });
    const desk = createSignDesk({ policy, keys, journal, log });
    const place = { path: socket.path, access: socket.access, maxConnections };
    const server: SignerServer = await serveSigner({ desk, ...place, clock, log });
    closers.push(() => server.stop());
    log.info('signer started', {
      socket: socket.path,
      accounts: keys.all().map(({ signer }) => hash160ToAddress(signer.account)),
      gateway: policy.gateway,
      magic: policy.magic,
      allowed: policy.allowed.join(', '),
      maxFee: formatGas(policy.maxFeeDatoshi),
      maxPerHour: formatGas(policy.maxPerHourDatoshi),
      spent: formatGas(journal.spent()),
    });
  }

  return {
    start,
    async stop() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** Two signers that count by themselves would spend twice the ceiling. */
function lockState(stateDir: string): { release(): void } {
  try {
    return lockNode(join(stateDir, LOCK_FILE));
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== 'NODE_RUNNING') throw error;
    throw new NodeError('SIGNER_RUNNING', `another signer works on ${stateDir}`, {
      retryable: true,
      hint: 'stop it first, or give this one another state.dir',
    });
  }
}
