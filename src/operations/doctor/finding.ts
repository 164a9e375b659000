/**
 * What a check found. `isTemporary`: trying again later may help, and nothing needs to be mended.
 */
export type Finding =
  | { readonly status: 'ok'; readonly found: string }
  | {
      readonly status: 'warning' | 'fail';
      readonly expected: string;
      readonly found: string;
      /** What to do, as a sentence. */
      readonly fix: string;
      readonly isTemporary: boolean;
    }
  | { readonly status: 'skipped'; readonly why: string };

/** What `warning` and `fail` are made of. */
export interface Trouble {
  readonly expected: string;
  readonly found: string;
  readonly fix: string;
}

/** One thing that is looked at, apart from all others. */
export interface Check {
  /** Area and matter, e.g. rpc.network. */
  readonly name: string;
  /** Which of several it is about: an endpoint, a file. Nothing secret. */
  readonly subject: string | null;
  /** May throw a NodeError, which is then what was found. */
  run(signal: AbortSignal): Finding | Promise<Finding>;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });

export const warning = (trouble: Trouble): Finding => ({
  status: 'warning',
  ...trouble,
  isTemporary: false,
});

export const fail = (trouble: Trouble): Finding => ({
  status: 'fail',
  ...trouble,
  isTemporary: false,
});

export const failForNow = (trouble: Trouble): Finding => ({
  status: 'fail',
  ...trouble,
  isTemporary: true,
});

export const skipped = (why: string): Finding => ({ status: 'skipped', why });

/** A check of one thing by its own name. */
export const check = (name: string, run: Check['run'], subject: string | null = null): Check => ({
  name,
  subject,
  run,
});

/** What another check has to find out first: where it could not, this one is skipped. */
export async function given<T>(
  known: Promise<T>,
  why: string,
  then: (value: T) => Finding | Promise<Finding>,
): Promise<Finding> {
  let value: T;
  try {
    value = await known;
  } catch {
    return skipped(why);
  }
  return then(value);
}

/** Asks once, whoever wants to know. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    if (asked === null) {
      asked = ask();
      asked.catch(() => {});
    }
    return asked;
  };
}
