import { shorten } from '../base/bytes.js';
import { type Hash160, hash160ToAddress, parseAccount } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { creditOf, earnedOf, reservedOf, walletOf } from '../gasbank/accounts.js';

const OF_SOMEBODY = { wallet: walletOf, credit: creditOf, reserved: reservedOf, earned: earnedOf };
const OF_ALL = ['burnt', 'lost', 'premium', 'equity', 'outside'];

/** The accounts of the ledger that belong to one account of the chain. */
export const accountsOf = (account: Hash160): string[] =>
  Object.values(OF_SOMEBODY).map((idOf) => idOf(account));

/**
 * The accounts of the ledger that a person names: an address or 0x hash stands for all that belong
 * to it; an account's own id, such as `burnt`, `credit:N…` or `earned:0x…`, for that one. Throws a
 * NodeError BAD_QUERY.
 */
export function parseLedgerAccounts(text: string): readonly string[] {
  if (OF_ALL.includes(text)) return [text];
  const [kind = '', owner] = text.split(':', 2);
  try {
    if (owner === undefined) return accountsOf(parseAccount(text));
    if (Object.hasOwn(OF_SOMEBODY, kind)) {
      return [OF_SOMEBODY[kind as keyof typeof OF_SOMEBODY](parseAccount(owner))];
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const ids = [...Object.keys(OF_SOMEBODY).map((name) => `${name}:N…`), ...OF_ALL];
  throw new NodeError('BAD_QUERY', `account is ${JSON.stringify(shorten(text, 60))}`, {
    hint: `expected an address, 0x and 40 hex digits, or one of ${ids.join(', ')}`,
  });
}

/** An account's id with the address in the place of the hash, which is how people know it. */
export function accountName(id: string): string {
  const [kind = '', owner] = id.split(':', 2);
  return owner === undefined ? id : `${kind}:${hash160ToAddress(owner as Hash160)}`;
}
