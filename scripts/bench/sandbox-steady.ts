/**
 * `sandbox-steady COUNT`: runs functions in a process of their own, and prints what that needed:
 * resident memory after each of 40 parts, and what is left when the sandbox is closed.
 */
import { createSandbox } from '../../src/sandbox/sandbox.js';

const PARTS = 40;
const SOURCES = [
  'export default ({ a }) => a + 1',
  'export default async (args, ctx) => (await (await ctx.fetch("https://a.example/")).json()).a',
  'export default (args, ctx) => { ctx.log("x"); throw new Error("y"); }',
  'export default () => Array.from({ length: 2000 }, (_, at) => ({ at, text: "t" + at })).length',
  'export default () => new Promise(() => {})',
  'export default (args, ctx) => ctx.crypto.sha256(new Uint8Array(1000))',
];
/** Outgrows the first memory of its instance, which is then replaced. */
const LARGE = 'export default () => new Uint8Array(2e6).fill(1).length';
const LARGE_EVERY = 50;

const count = Number(process.argv[2] ?? 10_000);
const sandbox = createSandbox({ workers: 2, workersPerRequester: 2 });
await sandbox.ready();
const body = Buffer.from(JSON.stringify({ a: 1, filler: 'x'.repeat(10_000) }));
const host = {
  fetch: async () => ({
    kind: 'response' as const,
    status: 200,
    headers: {},
    body,
    url: 'https://a.example/',
  }),
  secret: async () => ({ kind: 'forbidden' as const, reason: 'there are none' }),
};
const residentMb: number[] = [];

async function run(at: number): Promise<void> {
  const source = at % LARGE_EVERY === 0 ? LARGE : (SOURCES[at % SOURCES.length] ?? '');
  const call = {
    source,
    args: '{"a":1}',
    requestId: String(at),
    requester: '0x1',
    block: { index: at, timeMs: at },
    seed: String(at),
  };
  await sandbox.run(call, host);
}

for (let part = 0; part < PARTS; part++) {
  const size = count / PARTS;
  for (let at = 0; at < size; at += 4) {
    await Promise.all([0, 1, 2, 3].map((more) => run(part * size + at + more)));
  }
  residentMb.push(process.memoryUsage.rss() / 1024 ** 2);
}
const { lostThreads } = sandbox.status();
await sandbox.close();
await new Promise(setImmediate);
const left = process.getActiveResourcesInfo().filter((kind) => !/^(?:Pipe|TTY)/.test(kind));
process.stdout.write(`${JSON.stringify({ residentMb, lostThreads, left })}\n`);
