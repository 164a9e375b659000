import { toHex } from '../../base/bytes.js';
import { formatGas } from '../../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../../base/hash.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import { signedMessage } from '../../chain/transaction.js';
import type { SignerPolicy } from '../../config/signer-config.js';
import {
  MAX_LABEL_CHARS,
  PROTOCOL_VERSION,
  type RefusalReason,
  requestSchema,
  type SignRequest,
  type WireReply,
} from '../../keystore/signer-protocol.js';
import type { Log } from '../../telemetry/log.js';
import { judgeTransaction } from './judge-transaction.js';
import type { Refusal } from './refused.js';
import type { SignerKeys } from './signer-keys.js';
import type { SpendJournal } from './spend-journal.js';

export interface SignDeskParts {
  readonly policy: SignerPolicy;
  readonly keys: SignerKeys;
  readonly journal: SpendJournal;
  readonly log: Log;
}

export interface SignDesk {
  /** Answers one line of a node, never by an error. All that is not understood is refused. */
  answer(line: Buffer): Promise<WireReply>;
  /** Refuses what comes without a line, such as one that is too long. */
  refuse(refusal: Refusal): WireReply;
}

/** Longest message of a refusal. */
const MAX_MESSAGE_CHARS = 900;

/**
 * Judges what it is asked by its policy, and signs what that allows. It has two things to tell:
 * what it is, and a signature under a transaction that it has read to the last byte. A refusal is
 * one line of the log.
 */
export function createSignDesk({ policy, keys, journal, log }: SignDeskParts): SignDesk {
  let signed = 0;
  let refused = 0;

  function refuse({ reason, message, retryAfterMs }: Refusal, id = 0): WireReply {
    refused += 1;
    const shown = message.slice(0, MAX_MESSAGE_CHARS);
    log.warn('refused', { refusal: reason, reason: shown, refusals: refused });
    const wait = retryAfterMs === undefined ? null : Math.ceil(retryAfterMs);
    return { id, ok: false, refusal: reason, message: shown, retryAfterMs: wait };
  }

  async function describe(id: number): Promise<WireReply> {
    await keys.refresh();
    const accounts = keys.all().map(({ signer, label, isDefault }) => ({
      account: signer.account,
      publicKey: toHex(signer.publicKey),
      verificationScript: signer.verificationScript.toString('base64'),
      ...{ label: label.slice(0, MAX_LABEL_CHARS), isDefault },
    }));
    const { magic, gateway, allowed, maxFeeDatoshi, maxPerHourDatoshi } = policy;
    return {
      ...{ id, ok: true, did: 'describe', magic, gateway, accounts, signed, refused },
      allowed: [...allowed],
      maxFee: String(maxFeeDatoshi),
      maxPerHour: String(maxPerHourDatoshi),
      spent: String(journal.spent()),
    };
  }

  async function sign({ id, magic, account, transaction }: SignRequest): Promise<WireReply> {
    if (magic !== policy.magic) {
      const message = `the network ${magic} is meant; expected ${policy.magic}`;
      return refuse({ reason: 'network', message }, id);
    }
    const signer = keys.find(account);
    if (signer === null) {
      const message = `there is no key of ${hash160ToAddress(account)} here`;
      return refuse({ reason: 'account', message }, id);
    }
    const judged = judgeTransaction(transaction, account, policy, accountsOf(keys));
    if ('reason' in judged) return refuse(judged, id);
    const { hash } = judged.transaction;
    const refusal = reserve(journal, policy, hash, judged.spent);
    if (refusal !== null) return refuse(refusal, id);
    const signature = await signer.sign(signedMessage(hash, policy.magic));
    signed += 1;
    const methods = judged.methods.join(' and ');
    log.info('signed', { tx: hash, methods, gas: formatGas(judged.spent) });
    return { id, ok: true, did: 'sign', signature: toHex(signature) };
  }

  /** What failed stays in the log here: the other side is told the kind of error alone. */
  function fail(error: unknown, id: number): WireReply {
    log.error('bug: a request was not answered', { error });
    const kind = error instanceof Error ? error.name : typeof error;
    const message = `the signer failed at it (${kind}): its log says how`;
    refused += 1;
    return { id, ok: false, refusal: 'failure', message, retryAfterMs: null };
  }

  return {
    refuse,
    async answer(line) {
      let id = 0;
      try {
        const request = requestIn(line);
        id = request.id;
        if (!('do' in request)) return refuse(request.refusal, id);
        // Awaited here, or what it throws would not be caught here.
        return await (request.do === 'describe' ? describe(id) : sign(request));
      } catch (error) {
        return fail(error, id);
      }
    },
  };
}

const accountsOf = (keys: SignerKeys): Hash160[] => keys.all().map(({ signer }) => signer.account);

/** Null once the transaction is on the books of this hour. */
function reserve(
  journal: SpendJournal,
  { maxPerHourDatoshi: ceiling }: SignerPolicy,
  hash: Parameters<SpendJournal['reserve']>[0],
  amount: bigint,
): Refusal | null {
  try {
    const reserved = journal.reserve(hash, amount, ceiling);
    if (reserved.kind === 'reserved') return null;
    const { spent, retryAfterMs } = reserved;
    const limit = `policy.maxPerHour is ${formatGas(ceiling)} GAS`;
    const was = `${formatGas(spent)} GAS were spent within an hour`;
    const message = `${was}, and it takes ${formatGas(amount)} GAS; ${limit}`;
    return { reason: 'hour', message, retryAfterMs };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { reason: 'state', message: messageOf(error) };
  }
}

/** The request in a line; or why it is none, with its number as far as that could be read. */
function requestIn(line: Buffer) {
  const given = parsed(line);
  const fields: Partial<Record<'v' | 'id' | 'do', unknown>> =
    typeof given === 'object' && given !== null ? given : {};
  const id = Number.isSafeInteger(fields.id) && Number(fields.id) > 0 ? Number(fields.id) : 0;
  const refused = (reason: RefusalReason, message: string) => ({
    id,
    refusal: { reason, message },
  });
  if (given === undefined) return refused('frame', 'the line is no JSON');
  if (fields.v !== PROTOCOL_VERSION) {
    return refused('version', `this signer speaks version ${PROTOCOL_VERSION} of its protocol`);
  }
  const request = requestSchema.safeParse(given);
  if (request.success) return request.data;
  if (fields.do !== 'sign' && fields.do !== 'describe') {
    return refused('operation', 'this signer signs transactions and describes itself, no more');
  }
  const at = request.error.issues[0]?.path.join('.') || 'its keys';
  return refused('frame', `the request is not as a node writes it (at "${at}")`);
}

/** Undefined where it is no JSON. */
function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
