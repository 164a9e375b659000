import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallet } from '@cityofzion/neon-js';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { systemClock } from '../../src/base/clock.js';
import { createRpcClient, type RpcClient } from '../../src/chain/rpc.js';
import { createLocalSigner, type Signer } from '../../src/chain/signer.js';
import { multisigScript } from '../../src/chain/verification-script.js';

/** A private network of one neo-go node, and the account that holds all GAS. */
export interface PrivateNetwork {
  readonly url: string;
  readonly wsUrl: string;
  readonly magic: number;
  readonly rpc: RpcClient;
  /** The committee: 1 of 1, owner of the genesis GAS. */
  readonly committee: Signer;
  stop(): Promise<void>;
}

const MAGIC = 56_753;
const PASSWORD = 'one';
const START_LIMIT_MS = 20_000;

export async function startPrivateNetwork(blockMs = 100): Promise<PrivateNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'dodona-chain-'));
  const [rpcPort, p2pPort] = await Promise.all([freePort(), freePort()]);
  const account = new wallet.Account(wallet.generatePrivateKey());
  const key = Buffer.from(account.privateKey, 'hex');
  const publicKey = Buffer.from(account.publicKey, 'hex');
  await writeFile(join(folder, 'wallet.json'), JSON.stringify(await walletFile(account)));
  const config = nodeConfig({ folder, rpcPort, p2pPort, publicKey: account.publicKey, blockMs });
  await writeFile(join(folder, 'node.yml'), JSON.stringify(config));
  const node = spawn(
    await ensureNeoGo(),
    ['node', '--config-file', join(folder, 'node.yml'), '--relative-path', folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [node.stdout, node.stderr]) {
    stream?.on('data', (chunk) => {
      output = (output + String(chunk)).slice(-4000);
    });
  }
  const url = `http://127.0.0.1:${rpcPort}`;
  const rpc = createRpcClient({ url, clock: systemClock });
  try {
    await answered(rpc, node);
  } catch (cause) {
    node.kill('SIGKILL');
    throw new Error(`neo-go did not start; its last output:\n${output}`, { cause });
  }
  const committee = createLocalSigner(key, multisigScript(1, [publicKey]));
  const stop = async (): Promise<void> => {
    rpc.close();
    if (node.exitCode === null) {
      node.kill('SIGKILL');
      await once(node, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  return { url, wsUrl: `ws://127.0.0.1:${rpcPort}/ws`, magic: MAGIC, rpc, committee, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answered(rpc: RpcClient, node: ChildProcess): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      await rpc.call('getversion');
      return;
    } catch (cause) {
      if (node.exitCode !== null || performance.now() > end) throw cause;
      await systemClock.sleep(30);
    }
  }
}

async function walletFile(account: InstanceType<typeof wallet.Account>) {
  const scrypt = { n: 2, r: 1, p: 1 };
  const nep2 = await wallet.encrypt(account.privateKey, PASSWORD, scrypt);
  const multisig = wallet.Account.createMultiSig(1, [account.publicKey]);
  const entry = (address: string, script: string) => ({
    address,
    key: nep2,
    label: '',
    contract: {
      script,
      parameters: [{ name: 'parameter0', type: 'Signature' }],
      deployed: false,
    },
    lock: false,
    isDefault: false,
  });
  return {
    version: '1.0',
    scrypt,
    accounts: [
      entry(account.address, account.contract.script),
      entry(multisig.address, multisig.contract.script),
    ],
    extra: { Tokens: null },
  };
}

interface NodeConfigOptions {
  readonly folder: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  readonly publicKey: string;
  readonly blockMs: number;
}

/** JSON is YAML too. */
function nodeConfig({ folder, rpcPort, p2pPort, publicKey, blockMs }: NodeConfigOptions) {
  return {
    ProtocolConfiguration: {
      Magic: MAGIC,
      MaxTraceableBlocks: 200_000,
      TimePerBlock: `${blockMs}ms`,
      Genesis: { TimePerBlock: `${blockMs}ms` },
      StandbyCommittee: [publicKey],
      ValidatorsCount: 1,
      VerifyTransactions: true,
      P2PSigExtensions: true,
      MemPoolSize: 50_000,
    },
    ApplicationConfiguration: {
      SkipBlockVerification: false,
      DBConfiguration: { Type: 'inmemory' },
      P2P: { Addresses: [`127.0.0.1:${p2pPort}`], MinPeers: 0, MaxPeers: 1, AttemptConnPeers: 1 },
      Relay: false,
      Consensus: {
        Enabled: true,
        UnlockWallet: { Path: join(folder, 'wallet.json'), Password: PASSWORD },
      },
      RPC: {
        Enabled: true,
        Addresses: [`127.0.0.1:${rpcPort}`],
        MaxGasInvoke: 200,
        EnableCORSWorkaround: false,
      },
    },
  };
}
