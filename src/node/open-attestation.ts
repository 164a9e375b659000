import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { ChainFacts } from '../chain/chain-check.js';
import { type RawHeader, readRawHeader } from '../chain/raw-header.js';
import type { Rpc } from '../chain/rpc.js';
import { rpcCount, rpcText } from '../chain/rpc-fields.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { vaultKeyFile, vaultPasswordFile } from '../config/vault-files.js';
import { createVaultKeys } from '../keystore/vault-keys.js';
import type { AttestedFields } from '../operations/attestation/attested-fields.js';
import { createConfigfsTsm } from '../operations/attestation/configfs-tsm.js';
import { createDstack } from '../operations/attestation/dstack.js';
import { noProvider, type QuoteProvider } from '../operations/attestation/quote-provider.js';
import { createWithinTime, type WithinTime } from '../operations/attestation/within-time.js';
import { openConfiguredSigner, withKeys } from './open-keys.js';
import { openRandomKeys } from './open-random.js';

export const attestationTime = ({ attestation }: NodeConfig, clock: Clock): WithinTime =>
  createWithinTime(clock, attestation.timeoutMs);

export function openQuoteProvider(config: NodeConfig, clock: Clock): QuoteProvider {
  const { provider, configfsDir: dir, dstackSocket: socket } = config.attestation;
  const withinTime = attestationTime(config, clock);
  if (provider === 'configfs-tsm')
    return createConfigfsTsm({ dir, random: randomBytes, withinTime });
  return provider === 'dstack' ? createDstack({ socket, withinTime }) : noProvider;
}

/** The latest block of the network, as its header says. */
export async function latestHeader(rpc: Rpc): Promise<{ raw: Buffer; header: RawHeader }> {
  const index = rpcCount(await rpc.call('getblockcount'), 'getblockcount') - 1;
  const answer = await rpc.call('getblockheader', [index, false], { minHeight: index });
  const raw = Buffer.from(rpcText(answer, 'getblockheader'), 'base64');
  return { raw, header: readRawHeader(raw) };
}

type KeyFields = 'nodeAccount' | 'verificationScript' | 'randomPublicKey' | 'secretsPublicKey';

/**
 * The keys that an attestation speaks for. Each is opened: what this program cannot use, it does
 * not vouch for. Throws a NodeError, as the keystores do.
 */
export async function attestedKeys(
  config: NodeConfig,
  { randomKey }: Pick<ChainFacts, 'randomKey'>,
  clock: Clock,
): Promise<Pick<AttestedFields, KeyFields>> {
  const signer = await withKeys(config, clock, openConfiguredSigner);
  const random = openRandomKeys(config);
  const held = random.publicKeys();
  // The key of new requests, where the node has it; else the one it made last.
  const chosen = held.find((key) => randomKey.publicKey?.equals(key)) ?? held.at(-1);
  const file = vaultKeyFile(config);
  const readPassword = (): string => readPasswordFile(vaultPasswordFile(config));
  const vault = await createVaultKeys({ file, readPassword, random: randomBytes }).open();
  return {
    nodeAccount: signer.account,
    verificationScript: signer.verificationScript,
    randomPublicKey: chosen === undefined ? null : ((await random.find(chosen))?.publicKey ?? null),
    secretsPublicKey: vault?.sharing().at(-1)?.publicKey ?? null,
  };
}
