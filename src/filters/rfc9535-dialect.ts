import { JSONPathEnvironment, type JSONValue, jsonpath } from 'json-p3';
import { messageOf } from '../base/node-error.js';
import { compareExactly } from './exact-comparison.js';
import {
  type ExactObject,
  type ExactValue,
  MAX_DEPTH,
  memberNames,
  readExactJson,
  writeExactJson,
} from './exact-json.js';
import { ExactNumber } from './exact-number.js';
import { Refusal } from './filter-outcome.js';
import type { ResultText } from './result-text.js';

/** Evaluates one path on the text of one document, and writes the array of the matches. */
export type EvaluateRfc9535 = (path: string, text: string, to: ResultText) => void;

/**
 * RFC 9535 by json-p3, on documents whose numbers stay exact. The result is the compact JSON array
 * of the matches; a selected number that a float64 cannot carry is refused, never changed.
 * The evaluator throws a Refusal; it may throw a RangeError where the stack ends.
 */
export function createRfc9535(): EvaluateRfc9535 {
  const environment = new ExactEnvironment({ maxRecursionDepth: MAX_DEPTH + 2 });
  return (path, text, to) => {
    const query = compile(environment, path);
    const document = readExactJson(text);
    let first = true;
    to.add('[');
    for (const node of query.lazyQuery(document as JSONValue)) {
      if (!first) to.add(',');
      first = false;
      writeExactJson(node.value as ExactValue, to, () => node.getPath({ form: 'canonical' }));
    }
    to.add(']');
  };
}

function compile(environment: JSONPathEnvironment, path: string): jsonpath.JSONPathQuery {
  try {
    return compareExactly(environment.compile(path));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Refusal('bad-path', `the filter is no RFC 9535 path: ${messageOf(error)}`);
  }
}

/** json-p3's environment, corrected where RFC 9535 asks for something else. */
class ExactEnvironment extends JSONPathEnvironment {
  protected override setupFilterFunctions(): void {
    super.setupFilterFunctions();
    this.functionRegister.set('length', new ScalarLength());
    this.functionRegister.set(
      'match',
      textsOnly(new jsonpath.functions.Match({ throwErrors: true })),
    );
    this.functionRegister.set(
      'search',
      textsOnly(new jsonpath.functions.Search({ throwErrors: true })),
    );
  }

  /** Members in the document's order, also where names look like integers. */
  override entries(object: Record<string, JSONValue>): [string, JSONValue][] {
    return memberNames(object as ExactObject).map((name) => [name, object[name]]);
  }
}

/** The length of a text is its number of Unicode scalar values (2.4.4), not of UTF-16 units. */
class ScalarLength extends jsonpath.functions.Length {
  override call(value: JSONValue): number | typeof jsonpath.Nothing {
    if (value instanceof ExactNumber) return jsonpath.Nothing;
    if (typeof value !== 'string') return super.call(value);
    let length = 0;
    for (const _ of value) length++;
    return length;
  }
}

/** match() and search() are false on anything but texts, and on what is no I-Regexp (2.4.6). */
function textsOnly(inner: jsonpath.FilterFunction): jsonpath.FilterFunction {
  return {
    argTypes: inner.argTypes,
    returnType: inner.returnType,
    call: (text: unknown, pattern: unknown): unknown => {
      if (typeof text !== 'string' || typeof pattern !== 'string') return false;
      try {
        return inner.call(text, pattern);
      } catch (error) {
        if ((error as Error).name === 'IRegexpError') return false;
        // A right expression that V8 cannot take (too large, too deep) is no mismatch.
        throw new Refusal('limit', `an expression cannot be evaluated: ${messageOf(error)}`);
      }
    },
  };
}
