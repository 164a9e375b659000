import { utf8Text } from '../base/bytes.js';
import { type Dialect, type NativeProfile, Refusal, type RefusalKind } from './filter-outcome.js';
import { evaluateNative } from './native-dialect.js';
import { ResultText } from './result-text.js';
import { createRfc9535 } from './rfc9535-dialect.js';

/** One evaluation, as it crosses over to a thread. */
export interface FilterTask {
  readonly dialect: Dialect;
  readonly profile: NativeProfile;
  readonly path: string;
  readonly body: Uint8Array;
  readonly maxResultBytes: number;
}

export type FilterReply =
  | { readonly kind: 'matched'; readonly json: Uint8Array<ArrayBuffer> }
  | { readonly kind: RefusalKind; readonly reason: string };

/** Characters of a path. A request's filter has at most 128 bytes; tests of dialects have more. */
const MAX_PATH_CHARS = 4_096;

/**
 * The evaluator that runs inside a thread: without a time limit, for that is the pool's. It returns
 * what the caller did wrong and throws on bugs only.
 */
export function createFilterEvaluator(): (task: FilterTask) => FilterReply {
  const evaluateRfc9535 = createRfc9535();
  return (task) => {
    const result = new ResultText(task.maxResultBytes);
    try {
      if (task.path.length > MAX_PATH_CHARS) {
        throw new Refusal('bad-path', `the filter is longer than ${MAX_PATH_CHARS} characters`);
      }
      const text = utf8Text(task.body);
      if (text === null) throw new Refusal('not-json', 'the body is not valid UTF-8');
      if (task.dialect === 'native') evaluateNative(task.profile, task.path, text, result);
      else evaluateRfc9535(task.path, text, result);
      return { kind: 'matched', json: result.toBytes() };
    } catch (error) {
      if (error instanceof Refusal) return { kind: error.kind, reason: error.message };
      if (!(error instanceof RangeError)) throw error;
      // V8 throws it where the stack, a string or an array ends.
      return { kind: 'limit', reason: `the filter needs too much at once: ${error.message}` };
    }
  };
}
