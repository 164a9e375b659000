import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { formatChainPrice } from '../../src/prices/decimal.js';
import type { Devnet } from '../devnet/devnet.js';
import { eventually } from '../devnet/private-chain.js';
import { projectRoot } from '../ensure/paths.mjs';
import type { RunningDemo } from './start-demo.js';

export const DEMO_PAIR = 'GAS/USD';

/** What each venue of the demo's feed says of the price, 4.81: half of them go wrong on purpose. */
const VENUES: Readonly<Record<string, (nowMs: number) => object | null>> = {
  'honest-1': (at) => ({ last: '4.81', at }),
  'honest-2': (at) => ({ last: '4.812', at }),
  'honest-3': (at) => ({ last: '4.8088', at }),
  'honest-4': (at) => ({ last: '4.811', at }),
  'decimal-slip': (at) => ({ last: '48.1', at }),
  collusion: (at) => ({ last: '6.01', at }),
  frozen: (at) => ({ last: '3.95', at: at - 3_600_000 }),
  outage: () => null,
};

/** The path of a venue at the demo's source. */
const PATH = '/venue/';

/** What a venue answers, by the path it is asked at: JSON text, null for an outage. */
export function venueAnswer(path: string, nowMs: number): string | null | undefined {
  if (!path.startsWith(PATH)) return undefined;
  const told = VENUES[path.slice(PATH.length)]?.(nowMs) ?? null;
  return told === null ? null : JSON.stringify(told);
}

/** Gives the node of a devnet the feed, before it starts. */
export function writeDemoFeed({ configFile }: Pick<Devnet, 'configFile'>, sourceUrl: string): void {
  const folder = join(dirname(configFile), 'feeds');
  mkdirSync(folder, { recursive: true });
  const sources = Object.keys(VENUES).map((name) => {
    const place = `url: "${sourceUrl}${PATH}${name}", price: $.last, time: $.at`;
    return `  - {name: ${name}, group: ${name}, quote: USD, ${place}, retries: 0}`;
  });
  const head = [`pair: ${DEMO_PAIR}`, 'pollInterval: 2s', 'heartbeat: 30s', 'sources:'];
  writeFileSync(join(folder, 'gas-usd.yaml'), [...head, ...sources, ''].join('\n'));
  appendFileSync(configFile, 'prices:\n  feeds: [./feeds]\n');
}

/** Waits for the feed's first round, and shows who was believed and who was not; its price. */
export async function showDemoPrice(
  { devnet }: RunningDemo,
  say: (text: string) => void,
): Promise<string> {
  const read = gatewayReads(devnet.gateway).latestPrice(DEMO_PAIR);
  say(`\nA price feed, ${DEMO_PAIR}, of eight local sources: half of them go wrong on purpose`);
  const round = await eventually(`a round of ${DEMO_PAIR}`, () => readContract(devnet.rpc, read));
  const { price, confidenceBps } = round;
  say(`  on the chain: ${formatChainPrice(price)}, confidence ${confidenceBps} bp\n`);
  const program = join(projectRoot, 'dist', 'cli', 'dodona.js');
  const words = ['prices', 'show', DEMO_PAIR, '--config', devnet.configFile];
  const shown = execFileSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  for (const line of shown.trimEnd().split('\n')) say(`  ${line}`.trimEnd());
  return formatChainPrice(price);
}
