import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ensureChromium } from '../../scripts/ensure/chromium.mjs';

/** What the page of a context did that it must not, told when it is asked for. */
export interface Watch {
  /** Text of errors, of the script and of the console. */
  readonly errors: readonly string[];
  /** Requests that went elsewhere than to the node. */
  readonly strayRequests: readonly string[];
  /** Of the content security policy. */
  violations(): Promise<readonly string[]>;
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly watch: Watch;
}

const PATIENCE_MS = 30_000;

/** A headless Chromium. It ends with this process. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    // In containers the browser's own box needs rights that tests do not have.
    args: ['--no-sandbox'],
  });
}

/** A page in a context of its own, watched from its first moment. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const errors: string[] = [];
  const strayRequests: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // That a node is down, or nobody signed in, the browser tells by itself.
    const isOfNetwork = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isOfNetwork) errors.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) strayRequests.push(request.url());
  });
  await page.addInitScript(`
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
    });`);
  const violations = (): Promise<string[]> => page.evaluate('window.violations');
  return { page, context, watch: { errors, strayRequests, violations } };
}

/** What axe finds against accessibility, one line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  // By the debugger's way, which the policy of the page does not bind.
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'], elementRef: false })",
  )) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
