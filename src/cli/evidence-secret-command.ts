import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { parseRequestId } from '../api/request-query.js';
import { equalConstantTime } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { vaultKeyFile, vaultPasswordFile } from '../config/vault-files.js';
import { type CommitmentKey, commitmentKeyFrom, commitmentOf } from '../evidence/commitment.js';
import { MAX_SECRET_BYTES } from '../vault/secret-limits.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { requireRecordedBundle } from './open-bundle.js';
import { readSecretValue } from './secret-input.js';

const HELP = `
Bundles hold commitments in the place of secrets. This opens one: it says whether the secret that an
answer used had the value that is given on standard input or in a file. It takes the vault's key
file, since without its key nobody can try values. Exit code 1 says that the value was another one.

Examples:
  dodona evidence secret 12 API_KEY < key.txt
${EXIT_CODE_HELP}`;

interface SecretOptions extends CommonOptions {
  readonly file?: string;
}

export function evidenceSecretCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return withCommonOptions(new Command('secret'))
    .argument('<id>', 'decimal id of a request that this node answered')
    .argument('<name>', 'name of a secret that it used')
    .option('--file <file>', 'file that holds the value and nothing else')
    .description('tell whether a secret that an answer used had a certain value')
    .addHelpText('after', HELP)
    .action(async (text: string, name: string, options: SecretOptions) => {
      const requestId = parseRequestId(text);
      const config = loadConfig(options.config);
      const { bundle } = (await requireRecordedBundle(config, requestId)).file;
      const { commitmentKey, secrets } = bundle;
      const used = secrets.find((secret) => secret.granted && secret.name === name);
      const commitment = used?.granted === true ? used.commitment : null;
      if (commitment === null || commitmentKey === null) {
        const message = `the evidence of request ${requestId} commits to no secret ${name}`;
        throw new NodeError('EVIDENCE_NONE', message, {
          hint: 'see bundle.secrets in what `dodona evidence export` writes',
        });
      }
      const key = await openKey(config, commitmentKey);
      const value = await readSecretValue(context, options.file, MAX_SECRET_BYTES);
      const computed = commitmentOf(key, requestId, { name, value });
      value.fill(0);
      const same = equalConstantTime(Buffer.from(computed), Buffer.from(commitment));
      if (options.json === true) context.print(JSON.stringify({ ok: same, commitment }));
      else context.print(`${name} had ${same ? 'this' : 'ANOTHER'} value in request ${requestId}.`);
      if (!same) setExitCode(ExitCode.fixIt);
    });
}

async function openKey(config: NodeConfig, id: string): Promise<CommitmentKey> {
  const { createVaultKeys } = await import('../keystore/vault-keys.js');
  const file = vaultKeyFile(config);
  const readPassword = (): string => readPasswordFile(vaultPasswordFile(config));
  const ring = await createVaultKeys({ file, readPassword, random: randomBytes }).open();
  const key = ring?.key(id) ?? null;
  if (key !== null) return commitmentKeyFrom(id, key);
  throw new NodeError('VAULT_KEY_MISSING', `${file} does not have the key ${id}`, {
    hint: 'it was retired by a rotation since: the commitment can no longer be opened',
  });
}
