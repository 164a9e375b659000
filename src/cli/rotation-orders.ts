import type { Hash160 } from '../base/hash.js';
import type { Signer } from '../chain/signer.js';
import type { Order } from '../gasbank/order.js';
import { readHoldings } from '../gasbank/read-holdings.js';
import { openKeys } from '../node/open-keys.js';
import type { NoteSent } from '../pipeline/send-order.js';
import type { CommandContext } from './command-context.js';
import type { OpenChain } from './open-chain.js';
import { booksOfRotation, createWalletSigners } from './rotation-desk.js';
import { carryOut, type Desk, openDesk } from './run-order.js';

/** Left behind when an account is emptied: the fee is found by a trial with another amount. */
const FEE_SLACK = 10_000n;

/** Orders of the wallet's accounts, each through the books where they tell of the account. */
export function createOrders({
  context,
  open,
  noteSent,
}: {
  readonly context: CommandContext;
  readonly open: OpenChain;
  /** Told of what goes beside the books. */
  readonly noteSent?: NoteSent;
}) {
  const { config, rpc } = open;
  const gateway = config.gateway.hash;
  const keys = openKeys(config, context.clock);
  const signerOf = createWalletSigners(keys);

  async function deskOf(signer: Signer): Promise<Desk> {
    const hasBooks = booksOfRotation(config).own.includes(signer.account);
    return openDesk(open, { signer, hasBooks, note: null }, context);
  }

  /** Resolves, once it is in a block, with the transaction's hash. */
  async function send(signer: Signer, order: Order): Promise<string | null> {
    const desk = await deskOf(signer);
    const report = await carryOut(desk, () => order, {}, context, noteSent);
    return report.sent?.tx ?? null;
  }

  return {
    signerOf,
    send,

    /** The account that the configuration names. */
    configured: () => keys.configured(),

    /** Whether the key is in the wallet, or at a signer. */
    isHeld: async (wanted: Hash160): Promise<boolean> =>
      (await keys.accounts()).some(({ account }) => account === wanted),

    /** Takes out what an account earned; null where that is nothing. */
    async collectAll(account: Hash160, to: Hash160): Promise<string | null> {
      const { earned: amount } = await readHoldings(rpc, gateway, account);
      if (amount === 0n) return null;
      const signer = await signerOf(account, 'its earnings cannot be collected');
      return send(signer, { kind: 'collect', amount, to });
    },

    /** Sends what is left in an account, but for the fee of sending it. */
    async sendRest(account: Hash160, to: Hash160): Promise<string | null> {
      const { gas } = await readHoldings(rpc, gateway, account);
      const signer = await signerOf(account, 'its GAS cannot be sent on');
      const trial = { kind: 'transfer', amount: 1n, to, empties: true } as const;
      const quiet = { ...context, print: () => {} };
      const { fees } = await carryOut(await deskOf(signer), () => trial, { dryRun: true }, quiet);
      const amount = gas - BigInt(fees.totalDatoshi) - FEE_SLACK;
      return amount <= 0n ? null : send(signer, { ...trial, amount });
    },
  };
}
