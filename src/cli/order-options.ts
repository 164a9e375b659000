import type { Command } from 'commander';
import { shorten } from '../base/bytes.js';
import { type Datoshi, parseGas } from '../base/datoshi.js';
import { type Hash160, parseAccount } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { type ChainOptions, withChainOptions } from './chain-options.js';
import { type PassphraseOptions, withPassphraseOptions } from './passphrase-input.js';

export interface OrderOptions extends ChainOptions, PassphraseOptions {
  readonly wallet?: string;
  readonly account?: string;
  readonly dryRun?: boolean;
}

/** What every command takes that sends a transaction of an account. */
export function withOrderOptions(command: Command): Command {
  const signing = withChainOptions(command).option(
    '--wallet <file>',
    "NEP-6 wallet that signs and pays (default: the node's own)",
  );
  return withPassphraseOptions(signing, 'its password')
    .option('--account <address>', "which account of the wallet (default: the wallet's default)")
    .option('--dry-run', 'check it and show what it costs, but send nothing');
}

export const ORDER_HELP = `
Without --wallet the node's own account signs: its fees are drawn in the node's books before the
transaction is sent, and the node books what became of it, now or at its next start. With --wallet
any other account does, which no node's books tell of. Nothing is sent that would be refused. Waits
until the transaction is in a block. Amounts are GAS. A wallet's password is asked for, unseen,
where no option names its file or descriptor.`;

/** Reads an amount of GAS that is more than 0. Throws a NodeError BAD_QUERY. */
export function parseAmount(name: string, text: string): Datoshi {
  const amount = readAmount(name, text);
  if (amount > 0n) return amount;
  throw new NodeError('BAD_QUERY', `${name} is 0`, { hint: 'expected more than 0 GAS' });
}

/** As `parseAmount`, and 0 is taken. */
export function readAmount(name: string, text: string): Datoshi {
  try {
    return parseGas(text);
  } catch {
    throw new NodeError('BAD_QUERY', `${name} is ${JSON.stringify(shorten(text, 60))}`, {
      hint: 'expected an amount of GAS such as 1.5, with at most 8 decimals',
    });
  }
}

/** Reads an account. Throws a NodeError BAD_QUERY. */
export function readAccount(name: string, text: string): Hash160 {
  try {
    return parseAccount(text);
  } catch {
    throw new NodeError('BAD_QUERY', `${name} is ${JSON.stringify(shorten(text, 60))}`, {
      hint: 'expected an address (N…), or 0x and 40 hex digits',
    });
  }
}
