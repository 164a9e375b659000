import { NodeError } from '../base/node-error.js';
import type { CommandContext } from './command-context.js';
import { askUnseen, type PassphraseOptions, readPassphrase } from './passphrase-input.js';

/** Whoever has a backup may try passphrases for as long as he likes. */
export const MIN_PASSPHRASE_CHARACTERS = 12;

/**
 * The passphrase of a backup to be made; one that is typed in is asked for twice, since a slip
 * would show only when the backup is needed. Throws a NodeError PASSWORD_FILE, PASSWORD_INPUT.
 */
export async function newPassphrase(
  context: CommandContext,
  options: PassphraseOptions,
): Promise<string> {
  const { passwordFile, passwordFd } = options;
  const isTyped = passwordFile === undefined && passwordFd === undefined;
  const passphrase = await readPassphrase(context, options, { of: 'passphrase of the backup' });
  if ([...passphrase].length < MIN_PASSPHRASE_CHARACTERS) {
    throw refused(`the passphrase has less than ${MIN_PASSPHRASE_CHARACTERS} characters`);
  }
  if (isTyped && (await askUnseen(context, 'once more: ')) !== passphrase) {
    throw refused('the two passphrases differ');
  }
  return passphrase;
}

const refused = (message: string): NodeError =>
  new NodeError('PASSWORD_INPUT', message, {
    hint: 'choose a long one, and keep it apart from the backups: nothing opens them without it',
  });
