import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { createAccount, type DevnetAccount, walletFileText } from '../devnet/account.js';
import { deployConsumer } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';

/** Neo's native oracle contract; its answers are sent in its name. */
export const NATIVE_ORACLE = hash160('0xfe924b7cfe89ddd271abaf7210a80a7e11178758');
const ROLE_MANAGEMENT = hash160('0x49cf4e5378ffcd4dec034fd98a174c5491e395e2');
const ORACLE_ROLE = 8;
const WALLET_PASSWORD = 'devnet';
const COMMITTEE_GAS = parseGas('100');

export interface NativeOracle {
  /** The example consumer, deployed to ask the native oracle: it takes the gateway's place. */
  readonly consumer: Hash160;
  readonly owner: DevnetAccount;
  /** Lets the service answer, from the next block on. */
  designate(): Promise<void>;
  /** Gives the role to somebody who is not there: what is asked from then on has no answer. */
  dismiss(): Promise<void>;
}

/**
 * Restarts a kept devnet's neo-go with its own oracle service, which has neo-go's defaults but that
 * it may fetch from this machine, and trusts `authority` (PEM) alone.
 */
export async function startNativeOracle(devnet: Devnet, authority: string): Promise<NativeOracle> {
  const account = createAccount();
  await configure(devnet, account, authority);
  await devnet.neoGo.restart();
  const { committee } = devnet;
  await devnet.fund(committee.hash, COMMITTEE_GAS);
  const designate = async ({ signer }: DevnetAccount): Promise<void> => {
    const args = [ORACLE_ROLE, [signer.publicKey]];
    const done = await devnet.invoke(committee, ROLE_MANAGEMENT, 'designateAsRole', args);
    if (done.state === 'FAULT') throw new Error(`no oracle was designated: ${done.exception}`);
    // The role is that of the block after.
    await devnet.waitForBlock(done.blockIndex + 1);
  };
  const owner = await devnet.newAccount();
  return {
    consumer: await deployConsumer(devnet, owner, NATIVE_ORACLE),
    owner,
    designate: () => designate(account),
    dismiss: () => designate(createAccount()),
  };
}

async function configure(devnet: Devnet, account: DevnetAccount, authority: string) {
  const { configFile } = devnet.neoGo;
  const folder = dirname(configFile);
  const [walletFile, authorityFile] = ['oracle-wallet.json', 'oracle-authority.pem'].map((name) =>
    join(folder, name),
  ) as [string, string];
  const wallet = await walletFileText([account], WALLET_PASSWORD);
  await writeFile(walletFile, wallet, { mode: 0o600 });
  await writeFile(authorityFile, authority);
  const config = JSON.parse(await readFile(configFile, 'utf8'));
  config.ApplicationConfiguration.Oracle = {
    Enabled: true,
    AllowPrivateHost: true,
    UnlockWallet: { Path: walletFile, Password: WALLET_PASSWORD },
  };
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
  // Go's TLS finds its authorities by it; neo-go inherits it when it is started again.
  process.env.SSL_CERT_FILE = authorityFile;
}
