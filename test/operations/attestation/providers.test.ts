import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { NodeError } from '../../../src/base/node-error.js';
import { createConfigfsTsm } from '../../../src/operations/attestation/configfs-tsm.js';
import { createDstack, MAX_ANSWER_BYTES } from '../../../src/operations/attestation/dstack.js';
import { MAX_QUOTE_BYTES } from '../../../src/operations/attestation/quote-limits.js';
import { noProvider } from '../../../src/operations/attestation/quote-provider.js';
import { createWithinTime } from '../../../src/operations/attestation/within-time.js';
import { quoteAnswer, startAgent } from './agent-server.js';
import { createKernelEntry } from './kernel-entry.js';
import { realQuote } from './quotes.js';

const REPORT_DATA = Buffer.alloc(64, 0xda);
const { quote } = realQuote('tdx_quote');
const ample = createWithinTime(systemClock, 60_000);

/** The NodeError that some work ends with. */
async function failure(work: Promise<unknown>): Promise<NodeError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('the provider none', () => {
  it('has no quote, and says what to do about it', async () => {
    assert.throws(() => noProvider.requirePresent(), /nothing here can vouch for this node/);
    const { code, hint = '' } = await failure(noProvider.quote(REPORT_DATA));
    assert.equal(code, 'ATTESTATION_UNAVAILABLE');
    assert.match(hint, /set attestation\.provider to configfs-tsm/);
  });
});

describe('the provider configfs-tsm', () => {
  let folder: string;
  let stops: (() => Promise<void>)[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-tsm-'));
    stops = [];
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const entryIn = (dir: string, options?: Parameters<typeof createKernelEntry>[1]) => {
    const entry = createKernelEntry(dir, options);
    stops.push(entry.stop);
    return entry;
  };
  const provider = (dir: string, makeEntry?: (path: string) => Promise<unknown>) =>
    createConfigfsTsm({
      dir,
      random: randomBytes,
      withinTime: ample,
      ...(makeEntry === undefined ? {} : { makeEntry }),
    });

  it('writes 64 bytes to an entry that was made for it, and reads the quote', async () => {
    const seen: Buffer[] = [];
    const served = entryIn(folder).serve((inblob) => {
      seen.push(inblob);
      return { outblob: quote };
    });
    const raw = await provider(folder).quote(REPORT_DATA);
    await served;
    assert.deepEqual(seen, [REPORT_DATA]);
    assert.deepEqual(raw, { tee: 'tdx', quote, auxBlob: null, eventLog: null });
    assert.equal(existsSync(folder), true);
  });

  it('makes an entry of its own where there is none, under a name of its own', async () => {
    const made: string[] = [];
    let served: Promise<void> | null = null;
    const raw = await provider(folder, async (path) => {
      made.push(path);
      const entry = entryIn(path, { provider: 'sev_guest', auxblob: Buffer.from('certificates') });
      served = entry.serve(() => ({ outblob: quote }));
    }).quote(REPORT_DATA);
    await served;
    assert.match(made.join(), /\/dodona-[0-9a-f]{16}$/);
    assert.equal(raw.tee, 'sev-snp');
    assert.equal(raw.auxBlob?.toString(), 'certificates');
  });

  it('takes its entry away again, whatever comes', async () => {
    let made = '';
    const { code } = await failure(
      provider(folder, async (path) => {
        made = path;
        mkdirSync(path);
      }).quote(REPORT_DATA),
    );
    assert.equal(code, 'ATTESTATION_PROVIDER');
    assert.notEqual(made, '');
    assert.equal(existsSync(made), false);
  });

  it('refuses a quote when somebody else wrote meanwhile', async () => {
    for (const writes of [0, 2]) {
      const dir = join(folder, `writes-${writes}`);
      const served = entryIn(dir).serve(() => ({ outblob: quote, writes }));
      const error = await failure(provider(dir).quote(REPORT_DATA));
      await served;
      assert.deepEqual([error.code, error.retryable], ['ATTESTATION_INTERFERED', true]);
    }
  });

  it('refuses a quote that is too large, or of a maker it does not know', async () => {
    const large = entryIn(join(folder, 'large'));
    large.serve(() => ({ outblob: Buffer.alloc(MAX_QUOTE_BYTES + 1, 1) })).catch(() => {});
    const tooLarge = await failure(provider(join(folder, 'large')).quote(REPORT_DATA));
    assert.match(tooLarge.message, new RegExp(`outblob has more than ${MAX_QUOTE_BYTES} bytes`));
    const arm = entryIn(join(folder, 'arm'), { provider: 'arm_cca_guest' });
    const served = arm.serve(() => ({ outblob: quote }));
    const unknown = await failure(provider(join(folder, 'arm')).quote(REPORT_DATA));
    await served;
    assert.match(unknown.message, /served by "arm_cca_guest", which is not known here/);
  });

  it('says what is missing where there is no such interface', async () => {
    const nowhere = provider(join(folder, 'nowhere'));
    assert.throws(() => nowhere.requirePresent(), /there is no .*nowhere: this machine offers no/);
    const { code, hint = '' } = await failure(nowhere.quote(REPORT_DATA));
    assert.equal(code, 'ATTESTATION_UNAVAILABLE');
    assert.match(hint, /Linux 6\.7 or later.*mount -t configfs/);
  });

  it('says how to let an ordinary user in', async () => {
    const denied = provider(folder, async () => {
      throw Object.assign(new Error('denied'), { code: 'EACCES' });
    });
    const { code, hint = '' } = await failure(denied.quote(REPORT_DATA));
    assert.equal(code, 'ATTESTATION_UNAVAILABLE');
    assert.match(hint, /mkdir .*report\/dodona && chown USER/);
    // As root the mode of a directory keeps nobody out, so the code alone is looked at above.
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    assert.equal((await failure(provider(folder).quote(REPORT_DATA))).code, code);
    chmodSync(folder, 0o700);
  });

  it('does not wait for ever', async () => {
    entryIn(folder);
    const withinTime = createWithinTime(systemClock, 200);
    const asked = createConfigfsTsm({ dir: folder, random: randomBytes, withinTime });
    const error = await failure(asked.quote(REPORT_DATA));
    assert.equal(error.retryable, true);
    assert.match(error.message, /gave no quote within 200 ms/);
    assert.match(error.hint ?? '', /attestation\.timeout/);
    // The read that still waits is let go, or its thread would hold up the process at its end.
    writeFileSync(join(folder, 'generation'), '0\n', { flag: 'r+' });
  });
});

describe('the provider dstack', () => {
  let folder: string;
  let socket: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-dstack-'));
    socket = join(folder, 'dstack.sock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const provider = (timeoutMs = 60_000) =>
    createDstack({ socket, withinTime: createWithinTime(systemClock, timeoutMs) });

  it('asks the agent for a quote by POST /GetQuote, and keeps its log', async () => {
    const agent = await startAgent(socket, () => quoteAnswer(quote, REPORT_DATA.toString('hex')));
    try {
      const raw = await provider().quote(REPORT_DATA);
      assert.deepEqual(raw.quote, quote);
      assert.equal(raw.tee, 'tdx');
      assert.match(raw.eventLog ?? '', /app-id/);
      const body = JSON.stringify({ report_data: 'da'.repeat(64) });
      assert.deepEqual(agent.requests, [{ method: 'POST', url: '/GetQuote', body }]);
    } finally {
      await agent.stop();
    }
  });

  it('refuses anything else that comes, and says what', async () => {
    const agent = await startAgent(socket, () => null);
    const cases: [Awaited<ReturnType<typeof agent.answer>>, RegExp][] = [
      [{ status: 500, body: '{"error":"no"}' }, /answers \/GetQuote with 500/],
      [{ status: 404, body: '<!DOCTYPE html>' }, /with 404/],
      [{ body: 'quote' }, /is no JSON/],
      [{ body: '{}' }, /is no quote \(at "quote"\)/],
      [{ body: '{"quote":"xyz"}' }, /is no quote \(at "quote"\)/],
      [{ body: '{"quote":""}' }, /is no quote \(at "quote"\)/],
      [{ body: `{"quote":"${'00'.repeat(MAX_QUOTE_BYTES + 2)}"}` }, /is no quote/],
      [quoteAnswer(quote, 'ab'.repeat(64)), /made a quote for other data/],
      [{ body: `"${'x'.repeat(MAX_ANSWER_BYTES)}"` }, /answers more than \d+ bytes/],
    ];
    try {
      for (const [said, pattern] of cases) {
        agent.answer = () => said;
        const { code, message } = await failure(provider().quote(REPORT_DATA));
        assert.equal(code, 'ATTESTATION_PROVIDER');
        assert.match(message, pattern);
      }
      agent.answer = () => null;
      const late = await failure(provider(200).quote(REPORT_DATA));
      assert.match(late.message, /did not answer within 200 ms/);
      assert.equal(late.retryable, true);
    } finally {
      await agent.stop();
    }
  });

  it('says what is missing where there is no agent', async () => {
    assert.throws(() => provider().requirePresent(), /this is no machine of dstack/);
    writeFileSync(socket, '');
    const { code, message } = await failure(provider().quote(REPORT_DATA));
    assert.equal(code, 'ATTESTATION_UNAVAILABLE');
    assert.match(message, /takes no connection \(ECONNREFUSED|ENOTSOCK\)/);
  });
});
