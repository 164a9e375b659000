import { Command } from 'commander';
import { readPasswordFile } from '../config/password-file.js';
import { loadSignerConfig, type SignerConfig } from '../config/signer-config.js';
import { createLog } from '../telemetry/create-log.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  readPassphrase,
  withPassphraseOptions,
} from './passphrase-input.js';
import { reportError } from './report-error.js';
import { runNode } from './run-node.js';

const DEFAULT_SIGNER_FILE = 'signer.config.yaml';

const HELP = `
Holds the node account's key in a process of its own, so that the node, which talks to the internet,
need not have it. It listens on a Unix socket and signs only what its policy allows: this gateway on
this network, these methods, the account alone with scope CalledByEntry, fees up to a ceiling for
one transaction and for an hour. It has no network connection, and gives no key to anybody. What it
refuses is one line of its log.

The wallet's password comes from wallet.passwordFile of its configuration, from an option, or is
typed in. SIGTERM, SIGINT and SIGHUP stop it; the node waits meanwhile and loses nothing.

Before the first start:
  1. copy signer.config.example.yaml to signer.config.yaml and fill it in
  2. make a user for it, who alone may read the wallet, and the directory of the socket (mode 0700)
  3. name the socket in the node's configuration: wallet.signer.socket, in the place of wallet.file
How to set both up is in docs/keys.md.
${NO_ARGUMENT_HELP}

Examples:
  dodona signer --config signer.config.yaml
  dodona signer --config signer.config.yaml --password-fd 3 3< wallet.password
${EXIT_CODE_HELP}`;

interface SignerOptions extends PassphraseOptions {
  readonly config: string;
  readonly json?: boolean;
}

export function signerCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  const command = new Command('signer')
    .option('-c, --config <file>', 'configuration file of the signer', DEFAULT_SIGNER_FILE)
    .option('--json', 'print JSON for programs instead of text for people');
  return withPassphraseOptions(command, "the wallet's password")
    .description("hold the node account's key in a process of its own")
    .addHelpText('after', HELP)
    .action((options: SignerOptions) => run(context, options, setExitCode));
}

async function run(
  context: CommandContext,
  options: SignerOptions,
  setExitCode: (code: number) => void,
): Promise<void> {
  const { createSigner } = await import('../operations/signer/create-signer.js');
  const config = loadSignerConfig(options.config);
  const { clock, version, errorStream: stream, colour = true } = context;
  const log = createLog({ ...config.log, clock, stream, colour });
  const asJson = options.json === true;
  try {
    log.info('dodona signer starts', { version, pid: process.pid, config: config.file });
    const readPassword = () => passwordOf(context, options, config);
    const signer = createSigner({ config, readPassword, clock, log });
    const { exitCode, error } = await runNode({
      node: {
        start: async () => {
          await signer.start();
          return { url: config.socket.path };
        },
        stop: signer.stop,
        ended: new Promise<void>(() => {}),
      },
      what: 'signer',
      log,
      clock,
      process: context.process,
      exitNow: context.exitNow,
      onStarted({ url: socket }) {
        if (asJson) context.print(JSON.stringify({ started: true, pid: process.pid, socket }));
      },
    });
    if (error !== null && (asJson || stream.isTTY === true)) reportError(context, error, asJson);
    setExitCode(exitCode);
  } finally {
    await log.close();
  }
}

function passwordOf(
  context: CommandContext,
  options: PassphraseOptions,
  { wallet: { file, passwordFile } }: SignerConfig,
): Promise<string> {
  const fallback = passwordFile === null ? undefined : () => readPasswordFile(passwordFile);
  return readPassphrase(context, options, { of: `password of ${file}`, fallback });
}
