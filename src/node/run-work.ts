import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { responseCodeName } from '../base/outcome.js';
import { createAgreedBlockSource } from '../chain/agreed-blocks.js';
import type { BlockSource } from '../chain/block-source.js';
import { tailBlockRuns } from '../chain/block-tailer.js';
import { checkChain } from '../chain/chain-check.js';
import { createBlockSource } from '../chain/choose-block-source.js';
import { createContractEventReader } from '../chain/contract-events.js';
import { createPreflight } from '../chain/preflight.js';
import type { Rpc } from '../chain/rpc.js';
import type { RpcPool } from '../chain/rpc-pool.js';
import type { Signer } from '../chain/signer.js';
import { createBooksReader } from '../gasbank/books-reader.js';
import { createOwnAccountStore } from '../gasbank/own-account-store.js';
import { noCrash } from '../pipeline/crash-point.js';
import { runNodePipeline } from '../pipeline/create-pipeline.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { createGatewayPort } from '../pipeline/gateway-port.js';
import type { IntakeResult } from '../pipeline/intake.js';
import { resolverByKind } from '../pipeline/resolve-request.js';
import { createUpkeepPort } from '../pipeline/upkeep-port.js';
import { createRequestStore } from '../requests/request-store.js';
import { createFunctionResolver } from '../resolvers/function.js';
import { createHttpResolver, MAX_RESULT_BYTES } from '../resolvers/http.js';
import { inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import { createCanaryFigures } from './canary-figures.js';
import { countBlocks } from './count-blocks.js';
import { followNodeAccount } from './follow-account.js';
import { handOverMargin, noteHandOver } from './hand-over-margin.js';
import { measuredTools } from './measured-tools.js';
import type { NodeOptions } from './node-options.js';
import { type NodeEvidence, openEvidence } from './open-evidence.js';
import type { Running } from './open-parts.js';
import { randomResolver, warnOfRandom } from './open-random.js';
import { outsideOf } from './outside.js';
import { pipelineLimits } from './pipeline-limits.js';
import { tellOfBlocks, tellOfMoves } from './tell-events.js';

/** How often the network's prices and the gateway's keys are read again. */
const REFRESH_EVERY_MS = 60_000;
/** How soon the key of another node account is looked for again that is not to be had yet. */
const FOLLOW_EVERY_MS = 5_000;

/**
 * The node's work, from the block after the cursor on, until the signal; `change` is told of
 * another account to work as.
 */
export async function runWork(
  options: NodeOptions,
  parts: Running,
  signal: AbortSignal,
  change: (signer: Signer) => void,
): Promise<void> {
  const { config, clock, log, metrics } = options;
  const { db, pool, signer } = parts;
  const gateway = config.gateway.hash;
  const { magic, dialect: mode } = config.network;
  const begun = beginBooks(options, parts);
  const { heightNow, onHeight } = trackHeight(begun.height);
  const preflight = createPreflight({ rpc: pool, clock, mode });
  const ways = { rpc: pool, gateway, signal };
  const onFeeTooLow = readFeesAgain(options, parts, signal);
  const sees = { preflight, feePolicy: parts.policy.current, onFeeTooLow, heightNow };
  const chain = createGatewayPort({ ...ways, ...sees, magic, signer, clock });
  const booksOver = (rpc: Rpc) => createBooksReader({ ...ways, rpc, minHeight: heightNow });
  const { ownAccounts } = begun;
  const { source, tellers } = readersOver(options, pool, ownAccounts);
  const limits = pipelineLimits(config, parts.policy.current().maxBlockSystemFee);
  const evidence = watchedResolver(options, parts);
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const feeds = endingWith(own, parts.prices.run(both));
  const refresh = () => refreshFacts(options, parts, both, change);
  const looks = refreshLoop({ options, parts, change }, refresh, both);
  const beside = [looks, evidence.tidy(both), feeds, noteHandOver(options, parts)];
  tellStart(options, parts, begun.height + 1);
  try {
    await runNodePipeline({
      ...{ db, chain, gateway },
      upkeepChain: createUpkeepPort({ ...ways, heightNow }, chain),
      eventReader: createContractEventReader({ rpc: pool, clock, mode }),
      books: { reader: booksOver(pool), each: pool.clients.map(booksOver) },
      clock,
      log,
      crashPoint: options.crashPoint ?? noCrash,
      limits: { ...limits, margin: handOverMargin(limits.margin, parts) },
      held: parts.held,
      prices: parts.prices,
      chainTime: parts.chainTime,
      blocks: tailBlockRuns({
        source,
        fromIndex: begun.height + 1,
        known: begun.known,
        wake: parts.wake,
        clock,
        signal: both,
        onProgress: (progress) => log.info('catching up', { ...progress }),
        onTrouble: ({ error, index, retryInMs }) =>
          log.warn('block not read', { index, retryInMs, reason: messageOf(error) }),
      }),
      ...{ tellers, tipHeight: () => pool.bestHeight() ?? 0 },
      ...{ resolver: evidence.resolver, keepEvidence: evidence.keepEvidence },
      randomNonce: () => outsideOf(options).random(4).readUInt32LE(),
      onHeight,
      onBlocks: (last, result, inStep) => {
        const { wasInStep } = parts;
        parts.latestBlockMs = clock.nowMs();
        if (result.settingsChanged) void refresh();
        if (inStep && !parts.inStep) {
          log.info('in step with the chain', { height: last.index });
          // Not before: while blocks are read they can use every core.
          parts.random.warmUp();
        }
        parts.inStep = inStep;
        parts.wasInStep ||= inStep;
        tellOf(result, last.index, inStep ? log.info : log.debug);
        const heights = { height: pool.bestHeight() ?? last.index, processed: last.index };
        countBlocks(metrics, result, heights, { knowsOwn: inStep || !begun.isFresh, wasInStep });
        if (parts.wasInStep) tellOfBlocks(parts.events, result, heights);
      },
      onRequestMoved: tellOfMoves(
        parts.events,
        stateIn(db),
        () => parts.wasInStep && parts.events.wasHeard(),
      ),
      onStep: (step, durationMs) => metrics.step(step, durationMs),
      ...{ onRetry: metrics.retry, onContradiction: metrics.rpcContradiction },
      onCanary: createCanaryFigures(options),
      onWallet: (balance) => warnOfWallet(options, balance),
      onBooks: (whyStopped) => {
        parts.spendingStopped = whyStopped;
      },
      signal: both,
    });
  } finally {
    own.abort();
    await Promise.all(beside);
  }
}

/**
 * Reads blocks from the endpoints together; `tellers` are those that are believed by themselves
 * where one tells what cannot be: none where several have to tell the same.
 */
function readersOver(
  { config, clock, log, metrics }: NodeOptions,
  pool: RpcPool,
  ownAccounts: readonly Hash160[],
) {
  const { dialect: mode, quorum, rpcUrls } = config.network;
  const of = { gateway: config.gateway.hash, clock, mode, ownAccounts };
  const over = (rpc: Rpc): BlockSource => createBlockSource({ ...of, rpc });
  const each = pool.health().map(({ endpoint }, at) => {
    const source = over(pool.clients[at] as Rpc);
    return { endpoint, source };
  });
  const source = over(pool);
  if (quorum === 1) return { source, tellers: each };
  const onContradiction = metrics.rpcContradiction;
  const servers = rpcUrls.map((url) => new URL(url).origin);
  // A server that is named twice has one voice.
  const voices = each.filter((_, at) => servers.indexOf(servers[at] ?? '') === at);
  const asked = { source, tellers: voices, quorum, clock, log, onContradiction };
  return { source: createAgreedBlockSource(asked), tellers: [] };
}

/** Where a request stands in the database. */
function stateIn(db: Running['db']) {
  const store = createRequestStore(db);
  return (id: bigint) => store.brief(id)?.state ?? null;
}

/** The height on the books, without a look into the database for each exchange. */
function trackHeight(begun: number) {
  let height = begun;
  const onHeight = (taken: number): void => {
    height = taken;
  };
  return { heightNow: () => height, onHeight };
}

/** Work whose failure ends what the controller ends: a bug beside the pipeline stops the node. */
function endingWith(own: AbortController, work: Promise<void>): Promise<void> {
  work.catch(() => own.abort());
  return work;
}

function tellStart({ log, version, config }: NodeOptions, { signer }: Running, fromBlock: number) {
  const account = hash160ToAddress(signer.account);
  const { hash: gateway } = config.gateway;
  log.info('node started', { version, account, gateway, magic: config.network.magic, fromBlock });
}

/** Sets the cursor, and remembers whose GAS is on the books from the block after it on. */
function beginBooks({ config }: NodeOptions, { db, signer }: Running) {
  const ownAccounts = createOwnAccountStore(db);
  const { magic } = config.network;
  const isFresh = createCursorStore(db).read() === null;
  return inTransaction(db, () => {
    const { hash, startBlock } = config.gateway;
    const cursor = createCursorStore(db).begin(magic, hash, startBlock ?? 0);
    ownAccounts.remember([signer.account, ...config.wallet.formerAccounts], cursor.height + 1);
    return { ...cursor, isFresh, ownAccounts: ownAccounts.all().map(({ account }) => account) };
  });
}

/** One line a request; of what lies far back nobody waits for word. */
function tellOf({ received, answered, expired }: IntakeResult, block: number, tell: Log['info']) {
  for (const requestId of received) tell('requested', { requestId, upToBlock: block });
  for (const { id, code, delivered } of answered) {
    const answer = responseCodeName(code);
    tell('answered', { requestId: id, upToBlock: block, answer, delivered });
  }
  for (const { id } of expired) tell('expired', { requestId: id, upToBlock: block });
}

/** The resolver of all kinds, under the eyes of what keeps evidence. */
function watchedResolver(options: NodeOptions, parts: Running): NodeEvidence {
  const { config, clock } = options;
  const { vault, keys } = outsideOf(options).openVault(config, parts.db, clock);
  const measured = measuredTools(options, parts);
  const { fetch, filters } = measured;
  const tools = { fetch, filters, reveal: vault.reveal, keys };
  const { profile } = config.http;
  const { findCode, hostsOf } = parts.functions;
  const place = { magic: config.network.magic, gateway: config.gateway.hash };
  const random = randomResolver(parts.random, options, parts.pool);
  return openEvidence(options, parts.db, tools, (given) => {
    const resolvers = {
      http: () => {
        const { fetch, filters, reveal } = given;
        return createHttpResolver({ fetch, filters, reveal, profile });
      },
      function: () =>
        createFunctionResolver({
          ...given,
          sandbox: measured.sandbox,
          findCode,
          hostsOf,
          maxResultBytes: MAX_RESULT_BYTES,
        }),
      random: () => random,
    };
    return resolverByKind(resolvers, place);
  });
}

function warnOfWallet({ config, log }: NodeOptions, balance: Datoshi): void {
  const { walletWarningDatoshi: warning } = config.gasbank;
  if (balance >= warning) return;
  const reason = `it has ${formatGas(balance)} GAS, less than ${formatGas(warning)} GAS`;
  log.warn('the wallet runs low', { reason: `${reason} (gasbank.walletWarning)` });
}

/** What is signed before the new prices are known is refused as well: they are read at once. */
function readFeesAgain({ log }: NodeOptions, { policy }: Running, signal: AbortSignal): () => void {
  let isUnderWay = false;
  return () => {
    if (isUnderWay) return;
    isUnderWay = true;
    policy
      .refresh({ signal })
      .catch((error) =>
        log.warn("the network's prices were not read", { reason: messageOf(error) }),
      )
      .finally(() => {
        isUnderWay = false;
      });
  };
}

/** Prices, keys and policy change: they are read again and again. */
async function refreshLoop(
  work: {
    readonly options: NodeOptions;
    readonly parts: Running;
    readonly change: (signer: Signer) => void;
  },
  refresh: () => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const { clock, log } = work.options;
  const follow = () =>
    followNodeAccount(work.options, work.parts, work.change).catch((error) =>
      log.warn('the node account was not looked for', { reason: messageOf(error) }),
    );
  for (let waitedMs = 0; !stop.aborted; ) {
    await clock.sleep(FOLLOW_EVERY_MS, stop).catch(() => {});
    if (stop.aborted) return;
    waitedMs += FOLLOW_EVERY_MS;
    // Asks no endpoint: a wallet or signer may have the account by now that the gateway named.
    if (waitedMs < REFRESH_EVERY_MS) await follow();
    else {
      waitedMs = 0;
      await refresh();
    }
  }
}

async function refreshFacts(
  options: NodeOptions,
  parts: Running,
  signal: AbortSignal,
  change: (signer: Signer) => void,
): Promise<void> {
  const { config, log } = options;
  try {
    const expected = { magic: config.network.magic, gateway: config.gateway.hash };
    const before = parts.facts.randomKey.keyId;
    // An endpoint that is behind the block that told of a change would tell of the time before it.
    const minHeight = createCursorStore(parts.db).read()?.height;
    parts.facts = await checkChain(parts.pool, expected, { signal, minHeight });
    if (parts.facts.randomKey.keyId !== before)
      await warnOfRandom(parts.facts, parts.random.keys, log);
    await parts.policy.refresh({ signal });
    await followNodeAccount(options, parts, change);
    await noteHandOver(options, parts);
  } catch (error) {
    if (signal.aborted) return;
    log.warn("the network's prices and the gateway's keys were not read", {
      reason: messageOf(error),
    });
  }
}
