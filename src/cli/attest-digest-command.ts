import { Command } from 'commander';
import { toHex } from '../base/bytes.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';

const HELP = `
Prints the SHA-256 that stands for this program in an attestation: of a list with the SHA-256 of
each file of the package that runs, and version and integrity of each package that it runs with.
--list prints that list, whose sha256sum is the digest. It has neither Node nor the machine in it:
those are measured by the hardware.

Examples:
  dodona attest digest
  dodona attest digest --list | sha256sum
${EXIT_CODE_HELP}`;

export function attestDigestCommand(context: CommandContext): Command {
  return new Command('digest')
    .option('--json', 'print JSON for programs instead of text for people')
    .option('--list', 'what the digest is of, file by file')
    .description('print the digest of this program, as attestations carry it')
    .addHelpText('after', HELP)
    .action(async (options: { json?: boolean; list?: boolean }) => {
      const { programDigest } = await import('./program-digest.js');
      const { digest, text } = programDigest();
      if (options.list === true) return context.print(text.trimEnd());
      const hex = toHex(digest);
      context.print(options.json === true ? JSON.stringify({ ok: true, buildDigest: hex }) : hex);
    });
}
