import { randomInt } from 'node:crypto';
import { toWire, type Wire } from '../api/json-text.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160ToAddress } from '../base/hash.js';
import type { ChainFacts } from '../chain/chain-check.js';
import { readContract } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import {
  describeOrder,
  type Holdings,
  type Order,
  orderScript,
  refusalOf,
  requireFees,
  sponsorNotes,
} from '../gasbank/order.js';
import type { NoteSent, PricedTransaction } from '../pipeline/send-order.js';
import { chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { type OpenChain, openChain } from './open-chain.js';
import type { OrderOptions } from './order-options.js';
import { type OrderSigner, openOrderSigner } from './order-signer.js';
import { registeredId } from './registered-id.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';

/** What an order command prints with --json, with amounts as decimal datoshi. */
export interface OrderReport {
  readonly ok: true;
  readonly account: Hash160;
  readonly order: Order;
  readonly fees: {
    readonly systemFeeDatoshi: Datoshi;
    readonly networkFeeDatoshi: Datoshi;
    readonly totalDatoshi: Datoshi;
  };
  readonly notes: readonly string[];
  /** Null with --dry-run. */
  readonly sent: { readonly tx: Hash256; readonly block: number } | null;
  /** What the account has afterwards; with --dry-run, now. */
  readonly holdings: Holdings;
  /** Of a function that was registered. */
  readonly functionId?: bigint;
}

/** The order for the account that signs, by what it has and what the chain tells. */
export type OrderOf = (account: Hash160, has: Holdings, facts: ChainFacts) => Order;

/** How often it is looked for, at the most seldom. */
const MAX_POLL_MS = 500;

/**
 * Checks, prices and sends an order, and prints what became of it. Throws a NodeError for whatever
 * is in its way.
 */
export async function runOrder(
  context: CommandContext,
  options: OrderOptions,
  orderOf: OrderOf,
): Promise<void> {
  const settings = chainSettings(options);
  const signing = await openOrderSigner(settings.config, options, context);
  const chain = await openChain(settings, context.clock);
  try {
    const desk = await openDesk(chain, signing, context);
    const report = await carryOut(desk, orderOf, options, context);
    if (options.json === true) context.print(JSON.stringify(report));
  } finally {
    chain.close();
  }
}

/** Where orders of one account are priced and sent. */
export type Desk = Awaited<ReturnType<typeof openDesk>>;

export async function openDesk(
  open: OpenChain,
  { signer, hasBooks, note }: OrderSigner,
  { clock }: Pick<CommandContext, 'clock'>,
) {
  const { createGatewayPort } = await import('../pipeline/gateway-port.js');
  const { createPreflight } = await import('../chain/preflight.js');
  const { config, rpc, facts, policy } = open;
  const gateway = config.gateway.hash;
  const mode = config.network.dialect;
  const height = async (): Promise<number> => (await rpc.call<number>('getblockcount')) - 1;
  const port = createGatewayPort({
    rpc,
    gateway,
    magic: config.network.magic,
    signer,
    preflight: createPreflight({ rpc, clock, mode }),
    clock,
    feePolicy: policy.current,
    signal: new AbortController().signal,
    heightNow: () => facts.height,
  });
  return {
    open,
    config,
    rpc,
    gateway,
    port,
    height,
    hasBooks,
    note,
    account: signer.account,
    clock,
  };
}

/**
 * Checks, prices and sends an order, and waits for its block. `noteSent` is told of one that goes
 * not through the books, before anybody else sees it.
 */
export async function carryOut(
  desk: Desk,
  orderOf: OrderOf,
  options: Pick<OrderOptions, 'json' | 'dryRun'>,
  context: CommandContext,
  noteSent: NoteSent = () => {},
): Promise<Wire<OrderReport>> {
  const { readHoldings } = await import('../gasbank/read-holdings.js');
  const { waitForBlock } = await import('../pipeline/send-order.js');
  const { account, rpc, gateway, port, clock, height } = desk;
  const before = await readHoldings(rpc, gateway, account);
  const order = orderOf(account, before, desk.open.facts);
  const refusal = refusalOf(account, order, before);
  if (refusal !== null) throw refusal;
  const priced = await price(desk, order);
  requireFees(account, order, before, priced.fees);
  const noted = await notesOf(desk, order, before);
  const notes = desk.note === null ? noted : [desk.note, ...noted];
  const tell = (text: string): void => {
    if (options.json !== true) context.print(text);
  };
  tell(planText(desk, order, priced, notes));
  if (options.dryRun === true) {
    tell('Nothing was sent (--dry-run).');
    return reportOf(desk, order, priced, notes, null, before);
  }
  const { sent, validUntilBlock } = await send(desk, order, priced, context, noteSent);
  context.passed?.(`${order.kind} sent`);
  tell(labelled('sent', `${sent.hash}, waiting for its block`));
  const pollMs = Math.min(MAX_POLL_MS, desk.config.network.pollIntervalMs);
  const wait = { chain: port, clock, pollMs, height };
  const block = await waitForBlock(wait, sent, validUntilBlock);
  const after = await readHoldings(rpc, gateway, account, { minHeight: block });
  tell(labelled('done', `in block ${block}. ${holdingsText(account, after)}`));
  const report = reportOf(desk, order, priced, notes, { tx: sent.hash, block }, after);
  if (order.kind === 'proposeRandomKey') tell(labelled('key', await keyText(desk)));
  if (order.kind !== 'registerFunction') return report;
  const functionId = await registeredId(rpc, gateway, sent.hash);
  tell(labelled('function', `its id is ${functionId}`));
  return { ...report, functionId: String(functionId) };
}

/** Which key the gateway has now. */
async function keyText({ rpc, gateway }: Desk): Promise<string> {
  const { keyId } = await readContract(rpc, gatewayReads(gateway).randomKey());
  return `it is the gateway's random key ${keyId}; requests that wait keep the one before`;
}

async function price(
  { gateway, account, port, config, open, height }: Desk,
  order: Order,
): Promise<PricedTransaction> {
  const { priceTransaction } = await import('../pipeline/send-order.js');
  const { pipelineLimits } = await import('../node/pipeline-limits.js');
  const limits = pipelineLimits(config, open.policy.current().maxBlockSystemFee);
  const given = {
    nonce: randomInt(2 ** 32),
    validUntilBlock: (await height()) + config.pipeline.validUntilBlocks,
  };
  return priceTransaction(port, orderScript(gateway, account, order), limits, given);
}

async function notesOf(
  { rpc, gateway, account }: Desk,
  order: Order,
  before: Holdings,
): Promise<string[]> {
  if (order.kind !== 'sponsor') return [];
  const accepted = await readContract(rpc, gatewayReads(gateway).sponsorOf(order.requester));
  return sponsorNotes(account, order, before, accepted);
}

async function send(
  desk: Desk,
  order: Order,
  priced: PricedTransaction,
  { complain }: CommandContext,
  noteSent: NoteSent,
) {
  const { sendThroughBooks } = await import('./send-through-books.js');
  const { sendDirectly } = await import('../pipeline/send-order.js');
  const onWarning = (text: string): void => complain(`warning: ${visible(text)}`);
  // Checking and pricing take their time: it is valid from now on, and costs the same.
  const validUntilBlock = (await desk.height()) + desk.config.pipeline.validUntilBlocks;
  const fresh = { ...priced, terms: { ...priced.terms, validUntilBlock } };
  const sent = desk.hasBooks
    ? await sendThroughBooks({ ...desk, onWarning }, order, fresh)
    : await sendDirectly(desk.port, fresh, noteSent);
  return { sent, validUntilBlock };
}

function planText(
  { account, hasBooks }: Desk,
  order: Order,
  { fees, terms }: PricedTransaction,
  notes: readonly string[],
): string {
  const { systemFee, networkFee } = terms;
  const parts = `system fee ${formatGas(systemFee)}, network fee ${formatGas(networkFee)}`;
  return [
    labelled('order', describeOrder(account, order)),
    labelled('fee', `${formatGas(fees)} GAS (${parts})`),
    ...(hasBooks ? [labelled('books', "the node's own account: its books draw the fee")] : []),
    ...notes.map((note) => labelled('note', note)),
  ].join('\n');
}

function holdingsText(account: Hash160, { gas, credit, reserved, earned }: Holdings): string {
  const amounts = [
    `${formatGas(gas)} GAS`,
    `${formatGas(credit)} of credit`,
    ...(reserved === 0n ? [] : [`${formatGas(reserved)} reserved`]),
    ...(earned === 0n ? [] : [`${formatGas(earned)} earned`]),
  ];
  return `${hash160ToAddress(account)} has ${amounts.join(', ')}`;
}

function reportOf(
  { account }: Desk,
  order: Order,
  { fees, terms }: PricedTransaction,
  notes: readonly string[],
  sent: OrderReport['sent'],
  holdings: Holdings,
): Wire<OrderReport> {
  return toWire<OrderReport>({
    ok: true,
    account,
    order,
    fees: {
      systemFeeDatoshi: terms.systemFee,
      networkFeeDatoshi: terms.networkFee,
      totalDatoshi: fees,
    },
    notes,
    sent,
    holdings,
  });
}
