import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { grouped } from '../../src/api/console/page/figures.js';
import type { Status } from '../../src/api/console/page/wire.js';
import { axeFindings, launchBrowser, type OpenedPage, openPage } from './browser.js';
import { type ConsoleWorld, startConsoleWorld } from './console-world.js';
import { json } from './local-source.js';
import {
  becomesTrue,
  cutFigures,
  figureCount,
  focused,
  goTo,
  sidewaysScroll,
  threePictures,
  VIEWS,
} from './page-checks.js';

const MARKUP = '<img src=x onerror="window.intruded=1">';

describe('the console in a browser, beside a node at work', function () {
  this.timeout(120_000);
  let world: ConsoleWorld;
  let browser: Browser;
  let origin: string;
  let opened: OpenedPage;
  let usedLink: string;
  before(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(), launchBrowser()]);
    usedLink = await world.link();
    ({ origin } = new URL(usedLink));
    opened = await openPage(browser, origin);
    await opened.page.goto(usedLink);
    await opened.page.waitForSelector('.headline');
  });
  after(async () => {
    await browser?.close();
    await world?.stop();
  });

  it('opens by a link that signs in once and does not stay in the address', async () => {
    const { page, context } = opened;
    assert.equal(page.url(), `${origin}/console#/`);
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
    const other = await openPage(browser, origin);
    await other.page.goto(usedLink);
    await other.page.waitForSelector('.gate [role=alert]');
    const told = await other.page.locator('.gate').innerText();
    assert.match(told, /Not signed in: this link was used already, or is too old/);
    assert.match(told, /npx dodona console/);
    assert.deepEqual(await axeFindings(other.page), []);
    await other.context.close();
  });

  it('shows what the node says, in every section', async () => {
    const { page } = opened;
    const text = async (hash: string): Promise<string> => {
      await goTo(page, hash);
      return page.locator('main').innerText();
    };
    // A busy machine may keep the node out of step, or a source from answering, for a moment.
    await goTo(page, '#/');
    await page.waitForSelector('.headline.good');
    await page.waitForSelector('text=4 of 8 sources');
    const status = await world.read<Status>('/v1/status');
    const overview = await text('#/');
    assert.match(overview, /^In step/);
    assert.match(overview, new RegExp(`${grouped(status.queue.answered ?? 0)} requests answered`));
    assert.match(overview, /Wallet\s+4,99\d\.\d{8} GAS/);
    assert.ok(overview.includes(status.network.gateway));
    assert.match(overview, /GAS\/USD\s+4\.8105\s+4 of 8 sources/);
    assert.match(overview, /cron:0 9 \* \* 1-5/);

    assert.match(await text('#/requests'), /#5 function\s+answered\s*Success/);
    const { steps, ...life } = await world.read<{ steps: { tx: string }[]; requester: string }>(
      '/v1/requests/1',
    );
    const told = await text('#/requests/1');
    for (const what of ['Requested', 'Resolved', 'Answer sent', 'Answered']) {
      assert.match(told, new RegExp(what, 'i'));
    }
    const hashes = [life.requester, ...steps.flatMap(({ tx }) => tx ?? [])];
    for (const hash of hashes) assert.ok(told.includes(hash), hash);

    const gasbank = await text('#/gasbank');
    assert.match(gasbank, /Books\s+Balanced/);
    assert.match(gasbank, /oracle\s+1\s+0\.\d{8} GAS/);
    assert.equal((await page.locator('.bar.income').last().getAttribute('height')) === '0', false);
    const prices = await text('#/prices');
    assert.match(prices, /decimal-slip\s+outlier\s+its group is \d+ bp from the median of all/);
    assert.match(prices, /outage\s+failed/);
    assert.match(prices, /4\.8105 in round \d+, block \d+/);
    await becomesTrue(
      page,
      `document.querySelectorAll('tr[data-source]:not(.rejected)').length === 4`,
    );
    const upkeeps = await text('#/upkeeps');
    assert.match(upkeeps, /when:isDue\s+waiting\s+ran: charged/);
    assert.match(upkeeps, /09:00:00 UTC, in \d/);
    assert.match(await text('#/alerts'), /Now|Nothing is wrong/);
  });

  it('shows a request move through the stages, live', async () => {
    const { page } = opened;
    await goTo(page, '#/');
    await page.evaluate(`
      window.isSamePage = true;
      window.seenStages = {};
      new MutationObserver(() => {
        for (const chip of document.querySelectorAll('[data-request]')) {
          const stage = chip.closest('[data-stage]')?.dataset.stage;
          (window.seenStages[chip.dataset.request] ??= new Set()).add(stage);
        }
      }).observe(document.body, { childList: true, subtree: true });`);
    const release = world.source.hold();
    const id = await world.ask('/slow');
    const chipIn = (stage: string): string => `[data-stage=${stage}] [data-request="${id}"]`;
    await page.waitForSelector(chipIn('resolve'));
    assert.match(await page.locator(chipIn('resolve')).innerText(), new RegExp(`#${id}\\s+http`));
    release();
    await page.waitForSelector(chipIn('done'));
    assert.match(await page.locator(chipIn('done')).innerText(), /Success/);
    assert.equal(await page.locator(`[data-stage] [data-request="${id}"]`).count(), 1);
    const seen = await page.evaluate(`[...window.seenStages[${id}]].at(-1)`);
    assert.equal(seen, 'done');
    assert.equal(await page.evaluate('window.isSamePage'), true);
  });

  it('shows what strangers wrote as text, wherever it stands', async () => {
    const { page } = opened;
    world.source.on('/markup', json({ a: MARKUP }));
    const asked = await world.ask(`/${MARKUP}`, `$['${MARKUP}']`);
    const code = `export default ({ text }, ctx) => { ctx.log(text); throw new Error(text); };`;
    const called = await world.askFunction(code, { text: MARKUP });
    await Promise.all([world.ended(asked), world.ended(called)]);
    const shown = async (hash: string): Promise<void> => {
      await goTo(page, hash);
      await page.waitForSelector(`text=${MARKUP.slice(0, 10)}`);
      assert.equal(await page.locator('main img').count(), 0);
    };
    await shown(`#/requests/${asked}`);
    assert.ok((await page.locator('main').innerText()).includes(`$['${MARKUP}']`));
    await shown(`#/requests/${called}`);
    assert.equal(await page.locator('.log').innerText(), MARKUP);
    await shown('#/requests');
    assert.equal(await page.evaluate('window.intruded'), undefined);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has nothing that keeps people out, ${colorScheme}`, async () => {
      const { page } = opened;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const ground = await page.evaluate(
        `getComputedStyle(document.documentElement).backgroundColor`,
      );
      assert.equal(ground, colorScheme === 'light' ? 'rgb(245, 243, 236)' : 'rgb(16, 19, 15)');
      for (const view of VIEWS) {
        await goTo(page, view);
        assert.deepEqual(await axeFindings(page), [], view);
      }
    });
  }

  it('can be switched to the other colours, and keeps them', async () => {
    const { page } = opened;
    await goTo(page, '#/');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    const ground = () =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const choose = async (from: string): Promise<void> =>
      page.getByRole('button', { name: `Colours: ${from}` }).click();
    await choose('as the system');
    await choose('light');
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    assert.equal(await ground(), 'rgb(16, 19, 15)');
    await page.reload();
    await page.waitForSelector('.headline');
    assert.equal(await ground(), 'rgb(16, 19, 15)');
    await choose('dark');
    await page.getByRole('button', { name: 'Colours: as the system' }).waitFor();
    assert.equal(await ground(), 'rgb(245, 243, 236)');
  });

  it('moves nothing for who wants no motion', async () => {
    const { page } = opened;
    await goTo(page, '#/');
    const animation = () =>
      page.evaluate(`getComputedStyle(document.querySelector('.chip')).animationName`);
    assert.equal(await animation(), 'settle');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    assert.equal(await animation(), 'none');
  });

  for (const width of [360, 768, 1280]) {
    it(`fits ${width} pixels: no scrolling sideways, no figure cut`, async () => {
      const { page } = opened;
      await page.setViewportSize({ width, height: 740 });
      for (const view of VIEWS) {
        await goTo(page, view);
        assert.equal(await sidewaysScroll(page), 0, view);
        assert.deepEqual(await cutFigures(page), [], view);
        assert.ok(view === '#/alerts' || (await figureCount(page)) > 5, view);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    });
  }

  it('is used by the keyboard alone', async () => {
    const { page } = opened;
    await goTo(page, '#/');
    await page.reload();
    await page.waitForSelector('.headline');
    const press = async (key: string) => {
      await page.keyboard.press(key);
      return focused(page);
    };
    assert.deepEqual(await press('Tab'), { name: 'Skip to the content', isVisible: true });
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'view');
    await page.reload();
    await page.waitForSelector('.headline');
    const names = [];
    for (let at = 0; at < 9; at++) names.push(await press('Tab'));
    assert.ok(names.every(({ isVisible }) => isVisible));
    assert.deepEqual(
      names.slice(3).map(({ name }) => name.replace(/\d.*$/, '')),
      ['Overview', 'Requests', 'Gas bank', 'Prices', 'Upkeeps', 'Alerts'],
    );
    for (let at = 0; at < 4; at++) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await becomesTrue(
      page,
      `document.activeElement?.textContent === 'Requests' &&
      document.activeElement.tagName === 'H1'`,
    );
    await page.getByRole('radio', { name: 'All' }).focus();
    await page.keyboard.press('ArrowRight');
    await becomesTrue(
      page,
      `document.querySelector('main').dataset.view === '#/requests/received'`,
    );
    await threePictures(page);
    assert.deepEqual(await focused(page), { name: 'Waiting', isVisible: true });
    await goTo(page, '#/gasbank');
    const chart = page.getByRole('slider', { name: 'Day of the chart' });
    await chart.focus();
    assert.equal(await chart.getAttribute('aria-valuenow'), '6');
    await page.keyboard.press('ArrowLeft');
    await becomesTrue(
      page,
      `document.querySelector('[role=slider]').getAttribute('aria-valuenow') === '5'`,
    );
  });

  it('copies a hash whole', async () => {
    const { page, context } = opened;
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await goTo(page, '#/requests/1');
    const hash = await page.locator('.step code').first().innerText();
    // It says so for a moment only, so it is listened to.
    await page.evaluate(`new MutationObserver(() => {
      if (document.querySelector('[aria-label="copied the transaction"]')) window.saidCopied = true;
    }).observe(document.body, { subtree: true, attributes: true })`);
    await page.locator('.step .copy').first().click();
    await becomesTrue(page, 'window.saidCopied');
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), hash);
    assert.match(hash, /^0x[0-9a-f]{64}$/);
  });

  it('says when the node is gone, keeps what it showed, and goes on when it is back', async () => {
    const { page } = opened;
    await goTo(page, '#/');
    let duringStop = 0n;
    await world.restartNode(async () => {
      await page.waitForSelector('.notice[role=alert]');
      // Before it is gone it may have said that it stops.
      await page.waitForSelector('text=the node does not answer');
      const told = await page.locator('.notice').innerText();
      assert.match(told, /The connection to the node was lost .* ago: the node does not answer/);
      assert.match(await page.locator('.liveness').innerText(), /Not connected/);
      assert.ok((await page.locator('.chip').count()) > 0);
      duringStop = await world.ask('/while-down');
    });
    await page.waitForSelector('.liveness.live');
    await page.waitForSelector(`[data-stage=done] [data-request="${duringStop}"]`);
    assert.equal(await page.locator('.notice').count(), 0);
  });

  it('stayed within its own origin and policy, and met no error, all the while', async () => {
    const { watch, page } = opened;
    assert.deepEqual(watch.strayRequests, []);
    assert.deepEqual(watch.errors, []);
    assert.deepEqual(await watch.violations(), []);
    // The policy holds: what it forbids does not run.
    await page
      .evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruded = 2';
      try { document.body.append(script); } catch {}
    })()`)
      .catch(() => {});
    assert.equal(await page.evaluate('window.intruded'), undefined);
    await becomesTrue(page, 'window.violations.length > 0');
  });

  it('signs out', async () => {
    const { page, context } = opened;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('.gate');
    assert.deepEqual(await context.cookies(), []);
    await page.reload();
    await page.waitForSelector('.gate');
  });
});
