import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LeashedProcess, startLeashed } from '../../scripts/devnet/leash.js';
import { eventually } from '../../scripts/devnet/private-chain.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { walletFilesOf } from '../../src/config/wallet-config.js';
import type { NodeFixture } from './node-fixture.js';

const CLI = fileURLToPath(new URL('../cli/crashing-cli.ts', import.meta.url));

export interface SignerProcess extends LeashedProcess {
  logText(): Promise<string>;
}

/**
 * Takes the wallet away from a node and gives it to a signer: moves wallet and password into a
 * directory of the signer's, and names the socket in the node's configuration instead.
 */
export function giveKeyToSigner(
  { config, folder, network, gateway }: NodeFixture,
  policy: readonly string[] = [],
): { readonly config: NodeConfig; readonly signerFile: string; readonly walletFile: string } {
  const dir = join(folder, 'signer');
  mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o700 });
  const files = walletFilesOf(config);
  const walletFile = join(dir, 'wallet.json');
  renameSync(files.file, walletFile);
  renameSync(files.passwordFile, join(dir, 'wallet.password'));
  const signerFile = join(dir, 'signer.config.yaml');
  const lines = [
    `network: {magic: ${network.magic}}`,
    `gateway: {hash: "${gateway}"}`,
    'wallet: {file: ./wallet.json, passwordFile: ./wallet.password}',
    'socket: {path: ./run/signer.sock}',
    'log: {format: json}',
    'policy:',
    ...policy.map((line) => `  ${line}`),
  ];
  writeFileSync(signerFile, `${lines.slice(0, policy.length === 0 ? -1 : undefined).join('\n')}\n`);
  const text = readFileSync(config.file, 'utf8');
  const atSigner = text
    .replace(/^ {2}file: .*wallet.*$/m, `  signer: {socket: ${join(dir, 'run', 'signer.sock')}}`)
    .replace(/^ {2}passwordFile: .*\n/m, '');
  writeFileSync(config.file, atSigner);
  const { wallet } = loadConfig(config.file);
  return { config: { ...config, wallet }, signerFile, walletFile };
}

/** `dodona signer` in a process of its own, once it listens. */
export async function startSigner(signerFile: string, folder: string): Promise<SignerProcess> {
  const logFile = join(folder, `signer-${randomUUID()}.log`);
  const args = ['--import', 'tsx', CLI, '', 'signer', '--config', signerFile];
  const started = await startLeashed(process.execPath, args, logFile);
  const logText = () => readFile(logFile, 'utf8').catch(() => '');
  await eventually('the signer listens', async () => {
    const text = await logText();
    if (!started.running()) throw new Error(`the signer ended:\n${text}`);
    return text.includes('signer started') ? true : null;
  });
  return { ...started, logText };
}
