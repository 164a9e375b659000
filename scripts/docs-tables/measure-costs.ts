import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256, toHex } from '../../src/base/bytes.js';
import type { Datoshi } from '../../src/base/datoshi.js';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160 } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import type { StackItem } from '../../src/chain/stack-item.js';
import { asBoolean, asInteger } from '../../src/chain/stack-item-values.js';
import { requestIdOf } from '../demo/demo-requests.js';
import type { DevnetAccount } from '../devnet/account.js';
import { askNode } from '../devnet/ask-node.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { startDodonaNode } from '../devnet/dodona-node.js';
import { type AppliedTransaction, eventually } from '../devnet/private-chain.js';
import { measureDraws } from './measure-draws.js';
import { measureUpkeepsAndPrices } from './measure-upkeeps.js';

/** What things cost, in datoshi, by the words of the table. */
export interface MeasuredCosts {
  /** What a caller's transaction uses: its system fee, without the network fee. */
  readonly calls: Readonly<Record<string, Datoshi>>;
  /** What answers take of maxFee: shares of both fees of the node's transaction. */
  readonly answers: Readonly<Record<string, Datoshi>>;
}

const POLICY_CONTRACT = hash160('0xcc5e4edd9f5f8dba8bb65734541df7a1c081c67b');
const MAX_FEE = parseGas('1');
const TOGETHER = 16;
const KIB = 1_024;

/** Measures on a devnet of its own that has Neo's default prices but for the execution fee. */
export async function measureCosts(execFeeFactor: bigint): Promise<MeasuredCosts> {
  const source = await startSource();
  const devnet = await startDevnet({ blockMs: 100 });
  try {
    await setFactor(devnet, execFeeFactor);
    const node = await startDodonaNode(devnet);
    const alone = await measureWithNode(devnet, source.url).finally(() => node.stop());
    const together = await chargeTogether(devnet, askHttp(devnet, source.url));
    const last = `the same, ${TOGETHER} in one transaction, each`;
    const more = await measureUpkeepsAndPrices(devnet);
    return {
      calls: { ...alone.calls, ...more.calls },
      answers: { ...alone.answers, [last]: together, ...more.answers },
    };
  } finally {
    await devnet.stop();
    await source.stop();
  }
}

async function setFactor(devnet: Devnet, factor: bigint): Promise<void> {
  const { committee, rpc } = devnet;
  const before = await readNetworkPolicy(rpc);
  if (before.execFeeFactor === factor) return;
  // Networks with the hardfork Faun take the factor in 1e-4 datoshi.
  const given = before.execPicoFeeFactor === null ? factor : factor * 10_000n;
  await devnet.fund(committee.hash, parseGas('10'));
  done(await devnet.invoke(committee, POLICY_CONTRACT, 'setExecFeeFactor', [given]));
  const { execFeeFactor } = await readNetworkPolicy(rpc);
  if (execFeeFactor !== factor) throw new Error(`the execution fee factor is ${execFeeFactor}`);
}

const askNative = ({ consumer }: Devnet, url: string): Buffer =>
  callScript(consumer, 'ask', [utf8(`${url}/small`), utf8('$.value'), MAX_FEE]);

function askHttp({ consumer }: Devnet, url: string): Buffer {
  const spec = JSON.stringify({ url: `${url}/small` });
  return callScript(consumer, 'askHttp', [utf8(spec), utf8('$.value'), MAX_FEE]);
}

async function measureWithNode(devnet: Devnet, url: string): Promise<MeasuredCosts> {
  const { gateway, owner, faucet } = devnet;
  const calls = gatewayCalls(gateway);
  const run = async (from: DevnetAccount, script: Buffer): Promise<AppliedTransaction> =>
    done(await devnet.applied(await devnet.send(from, script)));
  const kept = (bytes: number, maxFee: Datoshi): Buffer =>
    calls.requestHttp({
      spec: JSON.stringify({ url: `${url}/${bytes}` }),
      filter: '',
      callback: '',
      userData: null,
      maxFee,
    });
  const answered = (asked: AppliedTransaction) => chargeOf(devnet, requestIdOf(devnet, asked));
  // The first of all write records anew that later ones only change.
  await answered(await run(owner, askNative(devnet, url)));
  await answered(await run(owner, askHttp(devnet, url)));
  await run(owner, calls.deposit(owner.hash, parseGas('100')));
  const functions = await measureFunctions(devnet, run);
  const draws = await measureDraws(devnet, run, answered);
  const deposit = await run(owner, calls.deposit(owner.hash, parseGas('1')));
  const viaContract = await run(owner, askNative(devnet, url));
  const httpViaContract = await run(owner, askHttp(devnet, url));
  const byAccount = await run(owner, kept(9, MAX_FEE));
  const answers: Record<string, Datoshi> = {
    'a code without a result, kept': await answered(await run(owner, kept(0, MAX_FEE))),
    '9 bytes, kept': await answered(byAccount),
    '1 KiB, kept': await answered(await run(owner, kept(KIB, parseGas('3')))),
    '4 KiB, kept': await answered(await run(owner, kept(4 * KIB, parseGas('6')))),
    ...draws.answers,
    '`request`, 9 bytes, delivered to the example': await answered(viaContract),
    '`requestHttp`, 9 bytes, delivered to the example': await answered(httpViaContract),
  };
  const id = requestIdOf(devnet, byAccount);
  const cost = ({ gasConsumed }: AppliedTransaction): Datoshi => gasConsumed;
  return {
    calls: {
      'a deposit (GAS sent to the gateway)': cost(deposit),
      "`request`, in the example's `ask`": cost(viaContract),
      "`requestHttp`, in the example's `askHttp`": cost(httpViaContract),
      '`requestHttp` by an account, no callback': cost(byAccount),
      ...functions,
      ...draws.calls,
      '`takeResult`, 9 bytes': cost(await run(owner, calls.takeResult(id))),
      '`sponsor`': cost(await run(faucet, calls.sponsor(owner.hash, MAX_FEE, MAX_FEE))),
      '`acceptSponsor`': cost(await run(owner, calls.acceptSponsor(faucet.hash))),
      '`withdraw`': cost(await run(owner, calls.withdraw(owner.hash, owner.hash, MAX_FEE))),
    },
    answers,
  };
}

const codeOf = (source: string) => ({ codeHash: toHex(sha256(source)), source, uri: '' });

/** What it costs to register functions, to update one, and to ask for its result. */
async function measureFunctions(
  { gateway, owner, consumer }: Devnet,
  run: (from: DevnetAccount, script: Buffer) => Promise<AppliedTransaction>,
): Promise<Record<string, Datoshi>> {
  const calls = gatewayCalls(gateway);
  const elsewhere = { ...codeOf('x'), source: '', uri: 'https://example.org/f.js' };
  // The first function of all writes the counter anew.
  const { stack } = await run(owner, calls.registerFunction('f', elsewhere));
  const id = asInteger(stack[0] as StackItem, 'functionId');
  const other = { ...codeOf('y'), source: '', uri: elsewhere.uri };
  const registerElsewhere = await run(owner, calls.registerFunction('f', other));
  const register = await run(owner, calls.registerFunction('f', codeOf('/'.repeat(KIB))));
  const update = await run(owner, calls.updateFunction(id, { ...other, uri: '' }));
  const asked = await run(owner, callScript(consumer, 'askFunction', [id, utf8('[1]'), MAX_FEE]));
  return {
    "`requestFunction`, in the example's `askFunction`": asked.gasConsumed,
    '`registerFunction`, a uri of 24 bytes': registerElsewhere.gasConsumed,
    '`registerFunction`, a source of 1 KiB': register.gasConsumed,
    '`updateFunction` to code that is known': update.gasConsumed,
  };
}

/**
 * What each of several answers pays that are delivered in one transaction. No node may run: the
 * transaction is made here, with the margin that a node adds.
 */
async function chargeTogether(devnet: Devnet, ask: Buffer): Promise<Datoshi> {
  const sent = await Promise.all(
    Array.from({ length: TOGETHER }, () => devnet.send(devnet.owner, ask)),
  );
  const ids: bigint[] = [];
  for (const hash of sent) ids.push(requestIdOf(devnet, done(await devnet.applied(hash))));
  const script = gatewayCalls(devnet.gateway).respond(
    ids.map((requestId) => {
      return { requestId, code: 0, result: utf8('["12.34"]'), deliver: true, lostTx: null };
    }),
  );
  const { gasConsumed } = await devnet.trial(devnet.node, script);
  const systemFee = gasConsumed + gasConsumed / 100n;
  const answers = done(
    await devnet.applied(await devnet.send(devnet.node, script, { systemFee })),
  ).notifications.filter(({ contract, name }) => {
    return contract === devnet.gateway && name === 'Response';
  });
  const fees = answers.map(({ state }) => asInteger(state[5] as StackItem, 'fee'));
  const delivered = answers.every(({ state }) => asBoolean(state[4] as StackItem, 'delivered'));
  if (!delivered || fees.length !== TOGETHER) throw new Error('not all answers were delivered');
  return fees.reduce((sum, fee) => sum + fee, 0n) / BigInt(TOGETHER);
}

interface Told {
  readonly state: string;
  readonly endedTx: string | null;
  readonly feeDatoshi: string | null;
  readonly lostDatoshi: string | null;
  readonly premiumDatoshi: string | null;
}

const chargeOf = async (devnet: Devnet, id: bigint): Promise<Datoshi> =>
  totalOf(await endOf(devnet, id));

const totalOf = ({ feeDatoshi, lostDatoshi, premiumDatoshi }: Told): Datoshi =>
  [feeDatoshi, lostDatoshi, premiumDatoshi].reduce((sum, part) => sum + BigInt(part ?? 0), 0n);

const endOf = (devnet: Devnet, id: bigint): Promise<Told> =>
  eventually(`the answer of request ${id}`, async () => {
    const told = await askNode<Told>(devnet, `/v1/requests/${id}`);
    return told?.state === 'answered' ? told : null;
  });

function done(applied: AppliedTransaction): AppliedTransaction {
  if (applied.state === 'FAULT') throw new Error(`a transaction FAULTed: ${applied.exception}`);
  return applied;
}

/** `/N` answers N bytes, and 404 for 0; anything else a small JSON document. */
async function startSource(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const bytes = /^\/(\d+)$/.exec(request.url ?? '')?.[1];
    response.setHeader('content-type', 'application/json');
    if (bytes === '0') response.statusCode = 404;
    response.end(bytes === undefined ? '{"value":"12.34"}' : 'x'.repeat(Number(bytes)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
