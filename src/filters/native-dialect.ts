import { type NativeProfile, Refusal } from './filter-outcome.js';
import {
  NativeObject,
  type NativeValue,
  readNativeJson,
  readQuotedName,
  writeNativeJson,
} from './native-json.js';
import { type NativeStep, parseNativePath } from './native-path.js';
import type { ResultText } from './result-text.js';

/** Steps down that one path may make, counting each level of `..name`. */
const MAX_LEVELS = 6;
/** Values that may be held after any step. */
const MAX_VALUES = 1_024;

/**
 * Evaluates a path of the native dialect on a document and writes the compact JSON array of the
 * matches, byte for byte as a native oracle node of that profile answers. An empty path selects the
 * document itself. (The nodes don't filter at all when a request's filter is empty: that is the
 * caller's to decide.) Source: neo-project/neo JToken.JsonPath with JPathToken and JToken.Parse;
 * nspcc-dev/neo-go pkg/services/oracle/jsonpath. Throws a Refusal.
 */
export function evaluateNative(
  profile: NativeProfile,
  path: string,
  text: string,
  to: ResultText,
): void {
  const document = readNativeJson(text, profile);
  writeNativeJson(select(profile, path, document), to);
}

function select(profile: NativeProfile, path: string, document: NativeValue): NativeValue[] {
  if (path === '') return [document];
  const steps = parseNativePath(path, (inner) => readQuotedName(inner, profile));
  if (document === null && profile === 'csharp') {
    // There, null is no JToken, and a path on it is a NullReferenceException.
    throw new Refusal('not-json', 'the body is null, on which no path can be evaluated');
  }
  const walk = new NativeWalk(profile, document);
  for (const step of steps) walk.take(step);
  return walk.values;
}

/** The values held so far, and the levels that are left. */
class NativeWalk {
  values: NativeValue[];
  readonly #profile: NativeProfile;
  #levels = MAX_LEVELS;

  constructor(profile: NativeProfile, document: NativeValue) {
    this.#profile = profile;
    this.values = [document];
  }

  take(step: NativeStep): void {
    if (step.kind === 'descendants') {
      this.values = this.#descendants(step.name);
      return;
    }
    if (this.#levels === 0) {
      throw new Refusal('limit', `the filter goes deeper than ${MAX_LEVELS} levels`);
    }
    this.#levels--;
    const found: NativeValue[] = [];
    for (const value of this.values) {
      for (const match of matches(step, value)) {
        if (found.length === MAX_VALUES) throw tooMany();
        found.push(match);
      }
    }
    this.values = found;
  }

  /**
   * Values of that name at every level below, as far as the levels reach: neo-go answers what it
   * has found by then, which the dialect's vectors fix (the C# node itself fails there). Where a
   * level holds too many values, each profile does as its node does.
   */
  #descendants(name: string): NativeValue[] {
    const found: NativeValue[] = [];
    while (this.values.length > 0) {
      for (const value of this.values) {
        if (!(value instanceof NativeObject)) continue;
        const at = value.find(name);
        if (at < 0) continue;
        if (found.length === MAX_VALUES) throw tooMany();
        found.push(value.values[at] ?? null);
      }
      if (this.#levels === 0) return found;
      try {
        this.take({ kind: 'children' });
      } catch (error) {
        if (this.#profile === 'neo-go' && error instanceof Refusal) return found;
        throw error;
      }
    }
    return found;
  }
}

const tooMany = (): Refusal =>
  new Refusal('limit', `the filter selects more than ${MAX_VALUES} values in one step`);

function* matches(
  step: Exclude<NativeStep, { kind: 'descendants' }>,
  value: NativeValue,
): Iterable<NativeValue> {
  if (value instanceof NativeObject) {
    if (step.kind === 'children') yield* value.values;
    if (step.kind !== 'names') return;
    for (const name of step.names) {
      const at = value.find(name);
      if (at >= 0) yield value.values[at] ?? null;
    }
  } else if (Array.isArray(value)) {
    if (step.kind === 'children') yield* value;
    else if (step.kind === 'slice') yield* sliceOf(value, step.start, step.end);
    if (step.kind !== 'indexes') return;
    for (const index of step.indexes) {
      const at = index < 0 ? index + value.length : index;
      if (at >= 0 && at < value.length) yield value[at] ?? null;
    }
  }
}

/** An end that is 0, negative or left out counts from the end; a start before the array is 0. */
function sliceOf(items: NativeValue[], start: number, end: number): NativeValue[] {
  const from = Math.max(start < 0 ? start + items.length : start, 0);
  const to = end <= 0 ? end + items.length : end;
  return to > from ? items.slice(from, to) : [];
}
