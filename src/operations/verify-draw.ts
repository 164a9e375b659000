import { toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { publicKeyId } from '../base/sealed-box.js';
import { readContract } from '../chain/contract-read.js';
import type { KnownGatewayEvent } from '../chain/gateway-events.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { Rpc } from '../chain/rpc.js';
import { createProofCheck, numberOf } from '../vrf/proof.js';
import type { RequestPlaces } from './find-request.js';
import { answerInScript, gatewayEventsOf, magicOf } from './read-answer.js';
import { type Check, type Verdict, verdictOf } from './verify-bundle.js';

/** What is claimed of a random number: where on the chain it was asked for and answered. */
export interface DrawClaim extends RequestPlaces {
  readonly requestId: bigint;
  readonly gateway: Hash160;
  /** The network's number; null: whichever the endpoint is of. */
  readonly magic: number | null;
}

/** What a verification found; what could not be had is null. Bytes are hex digits. */
export interface DrawVerification {
  readonly verdict: Verdict;
  readonly kind: 'random';
  readonly requestId: string;
  /** Whose request it is: anybody can deploy a gateway of his own. */
  readonly gateway: Hash160;
  readonly magic: number;
  readonly askedIn: string;
  readonly answeredIn: string | null;
  readonly keyId: string | null;
  readonly publicKey: string | null;
  readonly seed: string | null;
  readonly proof: string | null;
  /** What the gateway delivered or keeps. */
  readonly number: string | null;
  readonly checks: readonly Check[];
}

type Asked = Extract<KnownGatewayEvent, { name: 'RandomRequest' }>;

/**
 * Checks a random number by the chain alone: the event that fixed seed and key, the gateway's key,
 * the proof in the answer's transaction. All that is asked are standard calls of a Neo node.
 * Rejects as `Rpc` does when the endpoint cannot be asked.
 */
export async function verifyDraw(rpc: Rpc, claim: DrawClaim): Promise<DrawVerification> {
  const { requestId, gateway, askedIn, endedIn } = claim;
  const network = await checkNetwork(rpc, claim);
  const asked = await findAsked(rpc, claim);
  const key = asked.event === null ? null : await findKey(rpc, gateway, asked.event);
  const answer = await findAnswer(rpc, claim);
  const proof = answer.proof === null ? null : checkProof(asked.event, key, answer.proof);
  const kept = answer.proof === null ? null : await checkKept(rpc, claim, answer.proof);
  const checks = [network.check, asked.check, key?.check, answer.check, proof, kept].filter(
    (check): check is Check => check !== null && check !== undefined,
  );
  return {
    verdict: verdictOf(checks),
    kind: 'random',
    requestId: String(requestId),
    gateway,
    magic: network.magic,
    askedIn,
    answeredIn: answer.proof === null ? null : endedIn,
    keyId: asked.event === null ? null : String(asked.event.keyId),
    publicKey: key?.publicKey ? toHex(key.publicKey) : null,
    seed: asked.event === null ? null : toHex(asked.event.seed),
    proof: answer.proof === null ? null : toHex(answer.proof),
    number: answer.proof === null ? null : toHex(numberOf(answer.proof)),
    checks,
  };
}

const judged = (what: string, problems: readonly string[]): Check => ({
  what,
  found: problems.length === 0 ? 'holds' : 'fails',
  details: problems,
});

async function checkNetwork(rpc: Rpc, { magic }: DrawClaim) {
  const found = await magicOf(rpc);
  const isOther = magic !== null && magic !== found;
  const problems = isOther ? [`the endpoint is of the network ${found}, not of ${magic}`] : [];
  return { magic: found, check: judged('the endpoint is of the network', problems) };
}

async function findAsked(
  rpc: Rpc,
  { askedIn, gateway, requestId }: DrawClaim,
): Promise<{ event: Asked | null; check: Check }> {
  const what = 'the request is on the chain, with its seed and its key';
  const events = await gatewayEventsOf(askedIn, gateway, rpc);
  if (events === null) {
    return { event: null, check: judged(what, [`the endpoint knows no transaction ${askedIn}`]) };
  }
  const event = events.find((one) => one.name === 'RandomRequest' && one.id === requestId);
  if (event?.name === 'RandomRequest') return { event, check: judged(what, []) };
  const problem = `${askedIn} made no random request ${requestId} at the gateway`;
  return { event: null, check: judged(what, [problem]) };
}

async function findKey(rpc: Rpc, gateway: Hash160, { keyId }: Asked) {
  const publicKey = await readContract(rpc, gatewayReads(gateway).randomKeyOf(keyId));
  const problems = publicKey === null ? [`the gateway has no random key ${keyId}`] : [];
  const name = publicKey === null ? '' : ` (${publicKeyId(publicKey)})`;
  return { publicKey, check: judged(`the gateway has its key ${keyId}${name}`, problems) };
}

async function findAnswer(
  rpc: Rpc,
  { endedIn, gateway, requestId }: DrawClaim,
): Promise<{ proof: Buffer | null; check: Check }> {
  const what = 'the answer on the chain carries a proof';
  const none = (found: Check['found'], detail: string) => {
    return { proof: null, check: { what, found, details: [detail] } };
  };
  if (endedIn === null) return none('unproven', 'the request is not answered yet');
  const events = await gatewayEventsOf(endedIn, gateway, rpc);
  if (events === null) return none('fails', `the endpoint knows no transaction ${endedIn}`);
  if (events.some((event) => event.name === 'Expired' && event.id === requestId)) {
    return none('unproven', `nobody answered: it was refunded in ${endedIn}`);
  }
  const event = events.find((one) => one.name === 'Response' && one.id === requestId);
  if (event?.name !== 'Response') {
    return none('fails', `${endedIn} did not answer request ${requestId} at the gateway`);
  }
  const answer = await answerInScript(endedIn, requestId, gateway, rpc);
  if (typeof answer === 'string') return none('fails', answer);
  if (event.code !== 0 || answer.code !== 0) {
    return none(
      'fails',
      `it was answered with code ${event.code}, by a script with ${answer.code}`,
    );
  }
  return { proof: answer.result, check: judged(what, []) };
}

function checkProof(
  asked: Asked | null,
  key: { publicKey: Buffer | null } | null,
  proof: Buffer,
): Check | null {
  if (asked === null || key === null || key.publicKey === null) return null;
  const problem = createProofCheck()(key.publicKey, asked.seed, proof);
  const what = 'it is the one proof of the seed under the key: nobody could choose the number';
  return judged(what, problem === null ? [] : [problem]);
}

/** What waits at the gateway must be the number of the proof; what was taken is there no more. */
async function checkKept(
  rpc: Rpc,
  { gateway, requestId }: DrawClaim,
  proof: Buffer,
): Promise<Check> {
  const what = 'the number that the gateway keeps is that of the proof';
  const kept = await readContract(rpc, gatewayReads(gateway).resultOf(requestId));
  if (kept === null) {
    return { what, found: 'skipped', details: ['it keeps none: it was delivered, or taken'] };
  }
  const [there, expected] = [toHex(kept.result), toHex(numberOf(proof))];
  return judged(what, there === expected ? [] : [`it keeps ${there}, the proof gives ${expected}`]);
}
