/**
 * Tells what is being done, on standard error, so that standard output stays free for results.
 * Work that takes longer than two seconds shows its duration while it runs.
 */

const FIRST_SIGN_MS = 2_000;
const LATER_SIGN_MS = 10_000;
const TERMINAL_SIGN_MS = 500;
const DETAIL_COLUMNS = 60;

/** Something that the reader can put right; its message is one sentence that says what to do. */
export class SetupError extends Error {
  /**
   * @param {string} message one sentence
   * @param {string} [output] the end of what a failed command printed
   */
  constructor(message, output = '') {
    super(message);
    this.name = 'SetupError';
    this.output = output;
  }
}

/**
 * @typedef {object} Steps
 * @property {(line: string) => void} say prints one line
 * @property {<T>(title: string, work: (tell: (text: string) => void) => Promise<T>) => Promise<T>}
 *   step runs the work under its title, shows progress and prints its duration
 * @property {() => {title: string, ms: number}[]} finished the steps done so far
 */

/**
 * @param {{ write?: (text: string) => void, isTerminal?: boolean, nowMs?: () => number }} [options]
 * @returns {Steps}
 */
export function createSteps(options = {}) {
  const write = options.write ?? ((text) => void process.stderr.write(text));
  const isTerminal = options.isTerminal ?? process.stderr.isTTY === true;
  const nowMs = options.nowMs ?? (() => performance.now());
  const finished = [];

  async function step(title, work) {
    const startMs = nowMs();
    const sign = showProgress({ title, startMs, write, isTerminal, nowMs });
    try {
      const result = await work(sign.detail);
      const ms = nowMs() - startMs;
      finished.push({ title, ms });
      sign.end(`✓ ${title} (${seconds(ms)})`);
      return result;
    } catch (error) {
      sign.end(`✗ ${title} (${seconds(nowMs() - startMs)})`);
      throw error;
    }
  }

  return { step, say: (line) => write(`${line}\n`), finished: () => [...finished] };
}

/** Milliseconds as seconds with one decimal, e.g. "3.2 s". */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function showProgress({ title, startMs, write, isTerminal, nowMs }) {
  let latest = '';
  const elapsed = () => seconds(nowMs() - startMs);
  const line = () => `… ${title}: ${elapsed()}${latest === '' ? '' : ` — ${latest}`}`;
  if (!isTerminal) write(`… ${title}\n`);
  const show = () => write(isTerminal ? `\r\x1b[2K${line()}` : `${line()}\n`);
  let timer;
  if (isTerminal) {
    show();
    timer = setInterval(show, TERMINAL_SIGN_MS);
  } else {
    timer = setTimeout(() => {
      show();
      timer = setInterval(show, LATER_SIGN_MS);
      timer.unref();
    }, FIRST_SIGN_MS);
  }
  timer.unref();
  return {
    detail: (text) => {
      latest = text.length > DETAIL_COLUMNS ? `${text.slice(0, DETAIL_COLUMNS - 1)}…` : text;
    },
    end: (text) => {
      clearTimeout(timer);
      write(isTerminal ? `\r\x1b[2K${text}\n` : `${text}\n`);
    },
  };
}
