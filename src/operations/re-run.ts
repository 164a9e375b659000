import { type Outcome, ResponseCode } from '../base/outcome.js';
import { type Bundle, blobHash, LEFT_OUT, type LoadedBundle } from '../evidence/bundle.js';
import type { Fetching } from '../evidence/record-fetch.js';
import type { Filtering } from '../evidence/record-filters.js';
import { replayFetch } from '../evidence/replay-fetch.js';
import { replayFilters } from '../evidence/replay-filters.js';
import { MAX_RESULT_BYTES } from '../resolvers/http.js';
import type { Reveal } from '../vault/reveal.js';
import { replaySecrets } from './replay-secrets.js';

/** How work that was done again compares with its record. */
export type ReRun =
  /** To the same code and the same bytes; `asRecorded`: what had to be believed for that. */
  | { readonly kind: 'same'; readonly asRecorded: readonly string[] }
  | { readonly kind: 'differs'; readonly differences: readonly string[] }
  /** It could not be done again, or proves nothing. */
  | { readonly kind: 'unproven'; readonly why: readonly string[] };

/** What the work has in the place of web, filters and vault. */
export interface ReplayTools {
  readonly fetch: Fetching;
  readonly filters: Filtering;
  readonly reveal: Reveal;
}

/** The real resolvers, and what they run on here. */
export interface Workshop {
  /** Evaluates filters, with time to spare. */
  filters(profile: Bundle['settings']['profile']): Filtering;
  /** Does the work of a bundle with such tools; null for a kind that is not known here. */
  work(loaded: LoadedBundle, tools: ReplayTools, signal: AbortSignal): Promise<Outcome> | null;
}

/**
 * Does the work of a bundle again, by the real resolver, with the fetches of the record: nothing
 * goes out. Rejects with the signal's reason, or on a bug.
 */
export async function reRun(
  loaded: LoadedBundle,
  workshop: Workshop,
  signal: AbortSignal,
): Promise<ReRun> {
  const { bundle } = loaded;
  if (bundle.outcome.from === 'fault') {
    return { kind: 'unproven', why: [`the node itself failed: ${bundle.outcome.reason}`] };
  }
  const fetch = replayFetch(loaded);
  const filters = replayFilters(bundle, workshop.filters(bundle.settings.profile));
  const secrets = replaySecrets(bundle);
  const work = workshop.work(loaded, { fetch, filters, reveal: secrets.reveal }, signal);
  if (work === null) {
    const { kind } = bundle.request;
    return { kind: 'unproven', why: [`this program cannot re-run requests of the kind ${kind}`] };
  }
  const ended = await work;
  const why = [...fetch.gaps(), ...filters.gaps()];
  if (why.length > 0) return { kind: 'unproven', why };
  const differences = [
    ...fetch.differences(),
    ...filters.differences(),
    ...secrets.differences(),
    ...differencesOf(bundle, ended),
  ];
  if (differences.length === 0) {
    const recorded = [...filters.asRecorded(), ...secrets.asRecorded()];
    return { kind: 'same', asRecorded: [...believed(bundle), ...recorded] };
  }
  const because = whyUncertain(bundle, ended, secrets.gaveToken());
  if (because === null) return { kind: 'differs', differences };
  return { kind: 'unproven', why: [because, ...differences] };
}

/** Why the work may end otherwise though nothing is wrong; null where it may not. */
function whyUncertain(bundle: Bundle, ended: Outcome, gaveToken: boolean): string | null {
  const { request, outcome } = bundle;
  if (isIncomplete(bundle)) {
    return 'a secret stood in what was sent or received, and was taken out of the bundle';
  }
  if (request.kind !== 'function') return null;
  if (codeOf(ended) === ResponseCode.Timeout || outcome.code === TIMEOUT) {
    return 'the function met a limit of time, and that depends on the machine it runs on';
  }
  if (gaveToken) return 'the function was given a secret, whose value is in no bundle';
  const isOwnTrouble = outcome.from === 'trouble' && ended.kind === 'answer';
  return isOwnTrouble ? 'the node told of trouble of its own, which cannot be had again' : null;
}

const TIMEOUT: number = ResponseCode.Timeout;

const codeOf = (ended: Outcome): number | null => {
  if (ended.kind === 'answer') return ended.code;
  return ended.kind === 'retry' ? ended.otherwise.code : null;
};

/** Work on what a secret was taken out of may well end otherwise. */
const isIncomplete = ({ fetches }: Bundle): boolean =>
  fetches.some(
    ({ headers, body, result }) =>
      (body?.redacted === true && !body.kept) ||
      headers.some(([, value]) => value === LEFT_OUT) ||
      (result?.kind === 'response' && (result.body.redacted || result.url === LEFT_OUT)),
  );

/** Reasons are not compared: they tell durations and sizes, too. */
function differencesOf({ outcome }: Bundle, ended: Outcome): string[] {
  const { from, code, result } = outcome;
  if (ended.kind === 'fatal') return [`the work ended in a fault: ${ended.reason}`];
  const now =
    ended.kind === 'answer'
      ? { from: 'answer', code: ended.code, result: ended.result }
      : { from: 'trouble', code: ended.otherwise.code, result: Buffer.alloc(0) };
  const found: string[] = [];
  if (now.from !== from) {
    found.push(`it ended with ${WORDS[from]} then, with ${WORDS[now.from]} now (${ended.reason})`);
  }
  if (now.code !== code) found.push(`the code was ${code} then, ${now.code} now`);
  const hash = blobHash(now.result);
  if (hash !== result.sha256) {
    found.push(
      `the result had ${result.size} bytes (sha256 ${result.sha256}) then, ` +
        `${now.result.length} bytes (sha256 ${hash}) now`,
    );
  }
  return found;
}

const WORDS: Readonly<Record<string, string>> = {
  answer: 'an answer',
  trouble: 'trouble that may pass',
};

/** What no re-run can prove: that a source said so is the node's word alone, as are its rules. */
function believed({ request, code, settings, limits, fetches, outcome }: Bundle): string[] {
  const told = fetches.flatMap(({ result }, index) =>
    result?.kind === 'failed' ? [`fetch ${index + 1} failed (${result.failure})`] : [],
  );
  if (request.kind === 'function' && code === null) told.push('the code could not be had');
  const hosts = code?.allowedHosts ?? null;
  if (hosts !== null && outcome.code === ResponseCode.Forbidden) {
    told.push(`the function was let to fetch from ${hosts.join(' ') || 'nowhere'} alone`);
  }
  const { maxResultBytes = 0 } = limits;
  if (outcome.code === ResponseCode.ResponseTooLarge && maxResultBytes !== MAX_RESULT_BYTES) {
    told.push(`the node let results have ${maxResultBytes} bytes`);
  }
  const { contentTypes } = settings;
  if (outcome.code === ResponseCode.ContentTypeNotSupported && contentTypes !== null) {
    told.push(`the node took no other content types than ${contentTypes.join(' ') || 'none'}`);
  }
  const gaveUp = outcome.from === 'trouble' && outcome.code !== ResponseCode.Success;
  if (gaveUp) told.push('the tries before the last one failed as well');
  return told;
}
