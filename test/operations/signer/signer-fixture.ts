import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/base/clock.js';
import type {
  SignerConfig,
  SignerPolicy,
  SocketAccess,
} from '../../../src/config/signer-config.js';
import { walletFileText } from '../../../src/devnet/account.js';
import { createRemoteSigner, type Refused } from '../../../src/keystore/remote-signer.js';
import { createSigner, type DodonaSigner } from '../../../src/operations/signer/create-signer.js';
import type { Log } from '../../../src/telemetry/log.js';
import { GATEWAY, MAGIC, node, other, POLICY } from './asked-transactions.js';

/** A signer of the real code on a socket of its own, with the accounts `node` and `other`. */
export async function signerFixture(
  options: {
    readonly policy?: Partial<SignerPolicy>;
    readonly access?: SocketAccess;
    readonly maxConnections?: number;
    readonly clock?: Clock;
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-signer-'));
  const walletFile = join(folder, 'wallet.json');
  const socketDir = join(folder, 'run');
  mkdirSync(socketDir, { mode: 0o700 });
  writeFileSync(walletFile, await walletFileText([node, other], 'pass'), { mode: 0o600 });
  const config: SignerConfig = {
    file: join(folder, 'signer.config.yaml'),
    policy: { ...POLICY, ...options.policy },
    wallet: { file: walletFile, passwordFile: null },
    socket: { path: join(socketDir, 'signer.sock'), access: options.access ?? 'owner' },
    stateDir: join(folder, 'state'),
    maxConnections: options.maxConnections ?? 8,
    log: { level: 'info', format: 'json', file: null, maxFileBytes: 65_536, maxFiles: 1 },
  };
  const lines: string[] = [];
  const log = recordingLog(lines);
  const clock = options.clock ?? systemClock;
  const make = (changes: Partial<SignerConfig> = {}): DodonaSigner =>
    createSigner({
      config: { ...config, ...changes },
      readPassword: async () => 'pass',
      clock,
      log,
    });
  const refusals: Refused[] = [];
  const remote = createRemoteSigner({
    config: { socketPath: config.socket.path, timeoutMs: 20_000 },
    network: { magic: MAGIC, gateway: GATEWAY },
    clock: systemClock,
    onRefused: (refused) => void refusals.push(refused),
  });
  let signer = make();
  await signer.start();
  return {
    config,
    folder,
    lines,
    log,
    make,
    refusals,
    remote,
    /** Ends the signer; it can be started again. */
    halt: () => signer.stop(),
    async restart() {
      signer = make();
      await signer.start();
    },
    async stop() {
      remote.close();
      await signer.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type SignerFixture = Awaited<ReturnType<typeof signerFixture>>;

function recordingLog(lines: string[]): Log {
  const at =
    (level: string) =>
    (event: string, facts: object = {}): void =>
      void lines.push(JSON.stringify({ level, event, ...facts }));
  const log: Log = {
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    child: () => log,
  };
  return log;
}

/** A connection without any manners of its own. */
export async function rawConnection(path: string) {
  const socket: Socket = createConnection(path);
  let text = '';
  let isClosed = false;
  const changed: (() => void)[] = [];
  const wake = (): void => {
    for (const each of changed.splice(0)) each();
  };
  socket.on('data', (piece) => {
    text += piece;
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => changed.push(resolve));
  };
  return {
    socket,
    write: (bytes: string | Buffer) => void socket.write(bytes),
    /** The answers so far, once there are so many. */
    async answers(count: number): Promise<Record<string, unknown>[]> {
      const whole = () => text.split('\n').slice(0, -1);
      await until(() => whole().length >= count || isClosed);
      return whole().map((line) => JSON.parse(line));
    },
    closed: () => until(() => isClosed),
    end: () => socket.destroy(),
  };
}
