import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { readGatewayKeys } from '../chain/gateway-keys.js';
import type { Signer } from '../chain/signer.js';
import type { NoteSent } from '../pipeline/send-order.js';
import type { CommandContext } from './command-context.js';
import type { OpenChain } from './open-chain.js';
import { withVault } from './open-vault-desk.js';
import {
  booksOfRotation,
  readWalletHoldings,
  settleRepeatable,
  waitingOn,
} from './rotation-desk.js';
import { createOrders } from './rotation-orders.js';
import { carryOut, openDesk } from './run-order.js';
import { createSentNote } from './sent-note.js';
import { labelled } from './text-table.js';

export interface RevocationParts {
  readonly context: CommandContext;
  readonly open: OpenChain;
  readonly owner: Signer;
  readonly sweeps: boolean;
  /** Less than this is left where it is. */
  readonly worth: bigint;
  readonly isDryRun: boolean;
  readonly tell: (text: string) => void;
}

/**
 * Revokes the node account, and takes to the owner what a thief could take. Where that was revoked
 * by a run that ended early, does what that one left. Throws a NodeError for whatever is in the way
 * of the revocation; what fails after it is told and passed over.
 */
export async function revokeNodeAccount(parts: RevocationParts) {
  const { context, open, owner, isDryRun, tell } = parts;
  const tools = createTools(parts);
  // What an earlier run sent may be on its way: it is sent once more, not made once more.
  if (!isDryRun) await tools.passOver(NOT_SETTLED, () => tools.note.settle(tools.wait));
  const { nodeAccount } = await readGatewayKeys(open.rpc, open.config.gateway.hash);
  let report: Awaited<ReturnType<typeof carryOut>> | null = null;
  if (nodeAccount === null) {
    tell(
      labelled('revoked', 'before: the gateway has no node account, and this is not sent again'),
    );
  } else {
    const desk = await openDesk(open, { signer: owner, hasBooks: false, note: null }, context);
    const order = { kind: 'revokeNodeAccount' } as const;
    const { loud, noteSent } = tools;
    report = await carryOut(desk, () => order, { dryRun: isDryRun }, loud, noteSent);
    if (!isDryRun) {
      tools.note.forget();
      await tools.passOver('not in the audit log', () => auditRevocation(parts, nodeAccount));
    }
    context.passed?.('revoke');
  }
  // Not before: whoever has the key answers until then, and could keep a collection from a block.
  const taken = isDryRun ? NOTHING : await takeWhatIsLeft(parts, tools, nodeAccount);
  return { revoked: nodeAccount, ...taken, report };
}

function auditRevocation({ context, open }: RevocationParts, account: Hash160): Promise<void> {
  return withVault(context, open.config, ({ audit, actor }) => {
    const object = `node-key:${hash160ToAddress(account)}`;
    const done = { actor, action: 'node-key.revoke', object, outcome: 'done' } as const;
    audit.record((append) => append({ ...done, requestId: null, note: '' }));
  });
}

const NOT_SETTLED = 'not known what became of what was sent before';
const NOTHING = { collected: false, swept: false };

type Tools = ReturnType<typeof createTools>;

function createTools({ context, open, tell }: RevocationParts) {
  const loud = { ...context, print: tell };
  const note = createSentNote(open.config, 'revocation');
  const noteSent: NoteSent = (signed, validUntilBlock) => {
    try {
      note.write(signed, validUntilBlock);
    } catch (error) {
      // Nothing keeps a revocation from being sent.
      context.complain(`warning: not noted down what is sent: ${messageOf(error)}`);
    }
    context.passed?.('noted');
  };
  return {
    loud,
    note,
    noteSent,
    wait: waitingOn(open, context.clock),
    orders: createOrders({ context: loud, open, noteSent }),
    /** Whether it was done. */
    async passOver(what: string, work: () => Promise<unknown>): Promise<boolean> {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        context.complain(`warning: ${what}: ${messageOf(error)}`);
        return false;
      }
    },
  };
}

/** Collects and sweeps, where the key is here. `revoked`: null where it was revoked before. */
async function takeWhatIsLeft(
  { open, owner, sweeps, worth, tell, context }: RevocationParts,
  { orders, note, wait, passOver }: Tools,
  revoked: Hash160 | null,
): Promise<typeof NOTHING> {
  const { config } = open;
  const left: Hash160[] = [];
  await passOver('not known whether its key is here', async () => {
    // The one that the node here signed with before it was revoked.
    const account = revoked ?? (await orders.configured()).account;
    const isOwn = revoked !== null || booksOfRotation(config).own.includes(account);
    if (isOwn && (await orders.isHeld(account))) left.push(account);
  });
  const [account] = left;
  if (account === undefined) return NOTHING;
  if (revoked === null) await passOver(NOT_SETTLED, () => settleRepeatable(config, wait));
  const collected = await passOver('earnings not collected', async () => {
    await orders.collectAll(account, owner.account);
    note.forget();
    context.passed?.('collect');
  });
  if (!sweeps) return { collected, swept: false };
  const swept = await passOver('GAS not swept', async () => {
    const gas = (await readWalletHoldings(open, [{ account }])).get(account)?.gas ?? 0n;
    if (gas <= worth) return tell(labelled('swept', `${hash160ToAddress(account)} has no more`));
    await orders.sendRest(account, owner.account);
    note.forget();
    context.passed?.('sweep');
  });
  return { collected, swept };
}
