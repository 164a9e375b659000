/**
 * Pictures of the console for the documents: a demo is started, asks what it asks, and is looked at
 * with a headless Chromium. `node scripts/run.mjs scripts/console-screenshots.ts` writes them into
 * docs/.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { parseGas } from '../src/base/datoshi.js';
import { callScript, utf8 } from '../src/chain/script.js';
import { launchBrowser, openPage } from '../test/node/browser.js';
import { startLocalSource } from '../test/node/local-source.js';
import { goTo } from '../test/node/page-checks.js';
import { askAndWait } from './demo/ask-and-wait.js';
import { showDemoPrice } from './demo/demo-feed.js';
import { showUpkeep } from './demo/show-upkeep.js';
import { type RunningDemo, startDemo } from './demo/start-demo.js';
import { projectRoot } from './ensure/paths.mjs';

interface Picture {
  readonly name: string;
  readonly view: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture for one of CSS. */
  readonly scale: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'light', view: '#/', colorScheme: 'light', width: 1280, height: 1120, scale: 1 },
  { name: 'phone', view: '#/', colorScheme: 'dark', width: 360, height: 780, scale: 2 },
  { name: 'dark', view: '#/prices', colorScheme: 'dark', width: 1280, height: 980, scale: 1 },
  {
    name: 'request',
    view: '#/requests/5',
    colorScheme: 'light',
    width: 1280,
    height: 980,
    scale: 1,
  },
  { name: 'gas-bank', view: '#/gasbank', colorScheme: 'dark', width: 1280, height: 980, scale: 1 },
  {
    name: 'phone-request',
    view: '#/requests/5',
    colorScheme: 'light',
    width: 360,
    height: 780,
    scale: 2,
  },
];

const WAITING_REQUESTS = 2;

const folder = join(projectRoot, 'docs', 'console');
const demo = await startDemo(say);
const source = await startLocalSource();
const browser = await launchBrowser();
try {
  await showDemoPrice(demo, say);
  await askAndWait(demo, say);
  await showUpkeep(demo.devnet, say);
  await askSlowly(demo, source.httpUrl, source.hold());
  mkdirSync(folder, { recursive: true });
  for (const picture of PICTURES) await take(browser, demo, picture);
} finally {
  await browser.close();
  await source.stop();
  await demo.stop();
}
process.exit(0);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Some requests that wait for their source, so that there is something on its way. */
async function askSlowly({ devnet }: RunningDemo, url: string, _held: () => void): Promise<void> {
  for (let count = 0; count < WAITING_REQUESTS; count++) {
    const spec = utf8(JSON.stringify({ url: `${url}/slow-${count}` }));
    const script = callScript(devnet.consumer, 'askHttp', [spec, utf8(''), parseGas('1')]);
    await devnet.applied(await devnet.send(devnet.owner, script));
  }
}

async function take(browser: Browser, demo: RunningDemo, picture: Picture): Promise<void> {
  const { name, view, colorScheme, width, height, scale } = picture;
  const link = linkOf(demo);
  const { page, context } = await openPage(browser, new URL(link).origin, {
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme,
    reducedMotion: 'reduce',
  });
  await page.goto(link);
  await page.waitForSelector('.headline.good');
  await goTo(page, view);
  await page.waitForSelector('.liveness.live');
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
  say(`docs/console/${name}.png`);
}

function linkOf({ devnet }: RunningDemo): string {
  const program = join(projectRoot, 'dist', 'cli', 'dodona.js');
  const words = ['console', '--config', devnet.configFile];
  return execFileSync(process.execPath, [program, ...words], { encoding: 'utf8' }).trim();
}
