import { z } from 'zod';
import { responseCodeName } from '../../base/outcome.js';
import { REQUEST_KINDS, REQUEST_STATES } from '../../requests/request-machine.js';
import type {
  RequestExplanation,
  RequestStepView,
  RequestView,
} from '../../requests/request-view.js';
import {
  account,
  amount,
  block,
  count,
  cursor,
  id,
  isoTime,
  textOrNull,
  time,
  txHash,
} from './values.js';

export const requestShape = z.object({
  id: id('the request'),
  kind: z.enum(REQUEST_KINDS),
  state: z.enum(REQUEST_STATES),
  requester: account('the contract or account that asked'),
  payer: account('the account whose credit pays'),
  subject: z.string().meta({ description: 'url, spec, or what the event asked for' }),
  filter: z.string().meta({ description: 'JSONPath; of a function its arguments' }),
  maxFeeDatoshi: amount(),
  createdBlock: block('block of its event'),
  createdTx: txHash(),
  createdAt: time("its block's time"),
  deadlineBlock: block('last block in which it can be answered'),
  attempts: count('how often an answer was looked for'),
  code: z.int().nullable().meta({ description: 'response code, once an answer is known' }),
  codeName: z.string().nullable(),
  resultBytes: count('size of the result').nullable(),
  isDelivered: z.boolean().nullable().meta({ description: 'false: it is kept at the gateway' }),
  feeDatoshi: amount().nullable(),
  lostDatoshi: amount().nullable(),
  premiumDatoshi: amount().nullable(),
  endedBlock: block().nullable(),
  endedTx: txHash().nullable(),
  reason: z.string().meta({ description: 'why it is where it is' }),
  next: z.string().meta({ description: 'what happens next, and when' }),
});

export const requestPageShape = z.object({ items: z.array(requestShape), next: cursor() });

const stepShape = z.object({
  at: time(),
  block: block().nullable(),
  tx: txHash().nullable(),
  what: z.string(),
  why: z.string().nullable(),
  feeDatoshi: amount().nullable(),
});

export const requestLifeShape = requestShape.extend({
  steps: z.array(stepShape).meta({ description: 'its life, oldest first' }),
  logs: z.array(z.string()).meta({ description: 'what its function logged, without secrets' }),
});

export const requestWire = (view: RequestView): z.input<typeof requestShape> => {
  const { maxFeeDatoshi, createdTimeMs, delivered, feeDatoshi, lostDatoshi, ...rest } = view;
  return {
    ...rest,
    id: String(view.id),
    maxFeeDatoshi: String(maxFeeDatoshi),
    createdAt: isoTime(createdTimeMs),
    codeName: view.code === null ? null : responseCodeName(view.code),
    isDelivered: delivered,
    feeDatoshi: textOrNull(feeDatoshi),
    lostDatoshi: textOrNull(lostDatoshi),
    premiumDatoshi: textOrNull(view.premiumDatoshi),
  };
};

const stepWire = ({ atMs, feeDatoshi, ...rest }: RequestStepView) => ({
  ...rest,
  at: isoTime(atMs),
  feeDatoshi: textOrNull(feeDatoshi),
});

export const requestLifeWire = (found: RequestExplanation): z.input<typeof requestLifeShape> => ({
  ...requestWire(found),
  steps: found.steps.map(stepWire),
  logs: [...found.logs],
});
