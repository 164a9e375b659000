import type { Command } from 'commander';
import { shorten } from '../base/bytes.js';
import { type Hash160, parseAccount } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { codeHashText } from '../vault/secret-limits.js';
import type { SecretUse } from '../vault/vault-store.js';
import { type CommonOptions, withCommonOptions } from './command-options.js';

export interface SecretOptions extends CommonOptions {
  readonly owner: string;
}

export interface UseOptions extends SecretOptions {
  readonly requester: string;
  readonly web?: boolean;
  readonly code?: string;
}

/** A command about one secret. */
export const withSecret = (command: Command): Command =>
  withCommonOptions(command)
    .argument('<name>', 'name of the secret, as requests ask for it')
    .requiredOption('--owner <account>', 'whose secret it is: an address (N…) or a 0x hash');

/** A command about one use of one secret. */
export const withSecretUse = (command: Command): Command =>
  withSecret(command)
    .requiredOption('--requester <account>', 'the contract, or account, that asks')
    .option('--web', 'for its web requests')
    .option('--code <sha256>', 'for its requests of the function with this code (64 hex digits)');

/** Reads an account. Throws a NodeError BAD_QUERY. */
export function accountOption(name: string, text: string): Hash160 {
  try {
    return parseAccount(text);
  } catch {
    throw badQuery(
      `${name} is ${JSON.stringify(shorten(text, 60))}`,
      'expected an address (N…), or 0x and 40 hex digits',
    );
  }
}

/** One of --web and --code. Throws a NodeError BAD_QUERY, SECRET_REFUSED. */
export function useOption({ web, code }: UseOptions): SecretUse {
  if ((web === true) === (code !== undefined)) {
    throw badQuery('expected one of --web and --code', 'a grant is for one use; make two for both');
  }
  return code === undefined ? { kind: 'web' } : { kind: 'function', codeHash: codeHashText(code) };
}

export const badQuery = (message: string, hint: string): NodeError =>
  new NodeError('BAD_QUERY', message, { hint });
