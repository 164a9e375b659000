import { formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import { walletFilesOf } from '../config/wallet-config.js';
import type { WalletAccount } from '../config/wallet-file.js';
import type { Order } from '../gasbank/order.js';
import { makeDefault, NODE_LABEL } from '../keystore/nep6-wallet.js';
import {
  isSignedAs,
  planRotation,
  type RotationFacts,
  type RotationPlan,
  type RotationStep,
  type RotationWants,
} from '../operations/rotation-plan.js';
import { addNodeKey } from './add-node-key.js';
import type { CommandContext } from './command-context.js';
import type { OpenChain } from './open-chain.js';
import { retireAccount } from './retire-account.js';
import {
  booksOfRotation,
  readRotation,
  settleRepeatable,
  untilEnded,
  waitingOn,
} from './rotation-desk.js';
import { createOrders } from './rotation-orders.js';
import { createSentNote } from './sent-note.js';
import { labelled } from './text-table.js';

export interface RotationParts {
  readonly context: CommandContext;
  readonly open: OpenChain;
  readonly configFile: string;
  readonly wants: RotationWants;
  /** Blocks in which the old account may still answer. */
  readonly overlapBlocks: number;
  /** The gateway's owner, who proposes in the place of the node account; null: not here. */
  readonly owner: Signer | null;
  /** Told of each step, for people. */
  readonly tell: (text: string) => void;
}

/** A step that was done. */
export interface DoneStep {
  readonly step: RotationStep['kind'];
  readonly account: Hash160 | null;
  /** Of what was sent. */
  readonly tx: string | null;
}

/** Steps of one run: more would be a loop without progress. */
const MAX_STEPS = 64;

/**
 * Does what is left of a rotation, one step after another. After each, where it stands is found
 * anew: whatever ended a run before, the next goes on from there. Throws a NodeError for whatever
 * is in the way of a step.
 */
export async function rotateNodeKey(parts: RotationParts): Promise<DoneStep[]> {
  const { context, open } = parts;
  const work = createSteps(parts);
  const done: DoneStep[] = [];
  let wants = parts.wants;
  let isWarned = false;
  for (let count = 0; count < MAX_STEPS; count++) {
    await work.settleSent();
    const facts = await readRotation(open);
    const plan = planRotation(facts, wants);
    const [step] = plan.steps;
    if (step === undefined) return done;
    requireNoOverlap(parts, facts, step);
    if (!isWarned || step.kind === 'propose') tellOfCanary(parts, facts, plan);
    isWarned = true;
    context.passed?.(`${step.kind} begun`);
    done.push(await work.perform(step, plan));
    context.passed?.(step.kind);
    // One rotation at a time: after its last step none is begun.
    wants = { ...wants, begins: false };
  }
  throw new Error('bug: a rotation makes no progress');
}

/** A running node looks once a minute, and at once when the block of the change comes in. */
const FOLLOW_LIMIT_MS = 90_000;
const FOLLOW_LOOK_MS = 100;

/** Before anything is made or sent that the gateway would refuse. */
function requireNoOverlap({ owner }: RotationParts, { chain }: RotationFacts, step: RotationStep) {
  const { overlap } = chain;
  if (overlap === null || owner !== null) return;
  if (step.kind !== 'create' && step.kind !== 'propose') return;
  const before = `the rotation before is done, and ${hash160ToAddress(overlap.account)}`;
  const message = `${before} may answer until block ${overlap.until}: no other is begun`;
  throw new NodeError('OVERLAP_OPEN', message, {
    retryable: true,
    hint: 'nothing is left to do; for another one run it later, or as the owner (--wallet)',
  });
}

/** Credit does not go over: what comes of that is told before anything is done. */
function tellOfCanary({ open, tell }: RotationParts, facts: RotationFacts, plan: RotationPlan) {
  const { canary } = open.config;
  if (canary === null || !plan.steps.some(({ kind }) => kind === 'accept')) return;
  const { next } = plan;
  const has = next === null ? 0n : (facts.holdings.get(next.account)?.credit ?? 0n);
  if (has >= canary.maxFee) return;
  const whose = next === null ? 'the new account' : next.address;
  const needs = `${whose} has ${formatGas(has)} GAS of credit; a canary needs`;
  const fails = 'without it canaries fail (unsent), and DodonaCanaryFailing fires';
  tell(labelled('canary', `${needs} ${formatGas(canary.maxFee)} (canary.maxFee): ${fails}`));
  const address = next === null ? 'its address, once it is made' : next.address;
  tell(labelled('', `pay in: dodona gasbank deposit GAS --for ${address}`));
}

function createSteps(parts: RotationParts) {
  const { context, open, overlapBlocks } = parts;
  const { config } = open;
  const { clock } = context;
  const note = createSentNote(config);
  const wait = waitingOn(open, clock);
  const loud = { ...context, print: parts.tell };
  const orders = createOrders({ context: loud, open, noteSent: note.write });
  const { signerOf: signers } = orders;
  const proposer = createProposer(parts, signers);

  async function send(signer: Signer, order: Order): Promise<string | null> {
    const tx = await orders.send(signer, order);
    note.forget();
    return tx;
  }

  async function create(): Promise<Hash160> {
    const { freshPrivateKey } = await import('../keystore/add-account.js');
    const key = { privateKey: freshPrivateKey(), verificationScript: null };
    const options = { config: parts.configFile };
    const made = await addNodeKey(context, options, async () => key, 'node-key.create');
    parts.tell(labelled('made', `${made.address}: back ${made.file} up`));
    return made.account;
  }

  /** Until a running node signs as the account, and never again as the one before. */
  async function follow(account: Hash160 | null): Promise<void> {
    const endMs = clock.monotonicMs() + FOLLOW_LIMIT_MS;
    for (;;) {
      const facts = await readRotation(open);
      if (!facts.isNodeRunning || account === null || isSignedAs(facts, account)) return;
      if (clock.monotonicMs() > endMs) throw notFollowed(account);
      await clock.sleep(FOLLOW_LOOK_MS);
    }
  }

  async function perform(step: RotationStep, { current }: RotationPlan): Promise<DoneStep> {
    const done = (account: Hash160 | null, tx: string | null = null): DoneStep => {
      return { step: step.kind, account, tx };
    };
    const heir = (old: WalletAccount): Hash160 => current ?? old.account;
    switch (step.kind) {
      case 'create':
        return done(await create());
      case 'propose': {
        const next = made(step.next);
        const signer = await proposer(current, 'it cannot propose');
        return done(next, await send(signer, { kind: 'proposeNodeAccount', next }));
      }
      case 'fund': {
        const to = made(step.next);
        const signer = await proposer(current, 'it cannot pay');
        const order = { kind: 'transfer', amount: step.amount, to, empties: false } as const;
        return done(to, await send(signer, order));
      }
      case 'accept': {
        const signer = await signers(made(step.next), 'it cannot accept');
        return done(
          signer.account,
          await send(signer, { kind: 'acceptNodeAccount', overlapBlocks }),
        );
      }
      case 'switch': {
        if (step.account === null) throw new Error('bug: there is nobody to switch to');
        makeDefault(walletFilesOf(config).file, step.account, NODE_LABEL);
        return done(step.account);
      }
      case 'follow':
        await follow(step.account);
        return done(step.account);
      case 'drain': {
        const { account } = step.old;
        const open = booksOfRotation(config).inFlight.filter((sent) => sent.account === account);
        for (const sent of open) await untilEnded(wait, sent, sent.validUntilBlock);
        return done(account);
      }
      case 'collect': {
        const { account } = step.old;
        const signer = await signers(account, 'its earnings cannot be collected');
        const order = { kind: 'collect', amount: step.amount, to: heir(step.old) } as const;
        return done(account, await send(signer, order));
      }
      case 'withdraw': {
        const { account } = step.old;
        const signer = await signers(account, 'its credit cannot be taken out');
        const order = { kind: 'withdraw', amount: step.amount, to: heir(step.old) } as const;
        const tx = await send(signer, order);
        if (config.canary !== null) {
          const deposit = `dodona gasbank deposit ${formatGas(step.amount)}`;
          parts.tell(labelled('note', `canaries need credit of the new account: ${deposit}`));
        }
        return done(account, tx);
      }
      case 'sweep':
        return done(step.old.account, await orders.sendRest(step.old.account, heir(step.old)));
      case 'retire':
        await retireAccount(context, config, step, parts.tell);
        return done(step.old.account);
    }
  }

  return {
    perform,
    /** Waits for what an earlier run sent: it is not known yet whether it is to be repeated. */
    async settleSent(): Promise<void> {
      await note.settle(wait);
      await settleRepeatable(config, wait);
    },
  };
}

type Orders = ReturnType<typeof createOrders>;

function made(next: WalletAccount | null): Hash160 {
  if (next === null) throw new Error('bug: a step for an account that is not made yet');
  return next.account;
}

/** Whoever may propose, and pays for the new account: the owner where he is here. */
const createProposer =
  ({ owner }: RotationParts, signers: Orders['signerOf']) =>
  async (current: Hash160 | null, forWhat: string): Promise<Signer> => {
    if (owner !== null) return owner;
    if (current !== null) return signers(current, forWhat);
    throw new NodeError('KEY_NOT_HERE', 'the gateway has no node account now: it was revoked', {
      hint: "let the gateway's owner propose: --wallet and --password-file of the owner's wallet",
    });
  };

const notFollowed = (account: Hash160): NodeError =>
  new NodeError(
    'NODE_NOT_FOLLOWING',
    `the running node does not say yet that it signs as ${hash160ToAddress(account)}`,
    { retryable: true, hint: 'look at its log; then: dodona keys rotate --continue' },
  );
