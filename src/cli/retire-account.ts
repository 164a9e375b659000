import { type Datoshi, formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { walletFilesOf } from '../config/wallet-config.js';
import type { WalletAccount } from '../config/wallet-file.js';
import { moveAside } from '../keystore/nep6-wallet.js';
import type { CommandContext } from './command-context.js';
import { withVault } from './open-vault-desk.js';
import { labelled } from './text-table.js';

/**
 * Moves an account that has nothing left to do into a wallet of its own, beside the node's, notes
 * it down, and names the credit that it leaves behind. Nothing is deleted. Throws a NodeError
 * KEY_IN_USE, WALLET_FILE, WALLET_CHANGED.
 */
export async function retireAccount(
  context: CommandContext,
  config: NodeConfig,
  { old, left }: { readonly old: WalletAccount; readonly left: Datoshi },
  tell: (text: string) => void,
): Promise<void> {
  const { file } = walletFilesOf(config);
  const { account, formerAccounts } = config.wallet;
  if (account === old.account) {
    throw new NodeError('KEY_IN_USE', `wallet.account names ${old.address}, which is given up`, {
      hint: `take wallet.account out of ${config.file}; then: dodona keys rotate --continue`,
    });
  }
  await withVault(context, config, async ({ audit, actor }) => {
    const aside = moveAside(file, old);
    const done = { actor, action: 'node-key.retire', object: `node-key:${old.address}` };
    audit.record((append) => append({ ...done, outcome: 'done', requestId: null, note: '' }));
    tell(labelled('retired', `${old.address}: its key is in ${aside} now, and nowhere else`));
  });
  if (left > 0n) {
    const stays = `${formatGas(left)} GAS of its credit stay at the gateway`;
    tell(labelled('note', `${stays}: with that file, dodona gasbank withdraw takes them out`));
  }
  if (formerAccounts.includes(old.account)) return;
  const why = 'so that a database that is made anew keeps the books of it, too';
  tell(labelled('note', `add ${old.address} to wallet.formerAccounts, ${why}`));
}
