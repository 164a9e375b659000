import type { Page } from 'playwright-core';
import { eventually } from '../../scripts/devnet/private-chain.js';

/** Every view of the console, by its address. */
export const VIEWS = [
  '#/',
  '#/requests',
  '#/requests/1',
  '#/gasbank',
  '#/prices',
  '#/upkeeps',
  '#/alerts',
] as const;

/** Goes to a view, and waits until what it shows was read from the node. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await becomesTrue(
    page,
    `document.querySelector('main')?.dataset.view === ${JSON.stringify(hash)} &&
      document.querySelector('.waiting') === null && document.fonts.status === 'loaded'`,
  );
}

/** Waits for an expression. Playwright's own way runs text in the page: its policy forbids that. */
export async function becomesTrue(page: Page, expression: string): Promise<void> {
  await eventually(expression, async () => ((await page.evaluate(expression)) ? true : null));
}

/**
 * Figures that are not wholly to be seen: cut by something around them, or beyond the side of the
 * page. Each as its text and why.
 */
export const cutFigures = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = [];
    for (const figure of document.querySelectorAll('.figure, .gas, .key-value, time')) {
      const rect = figure.getBoundingClientRect();
      if (rect.width === 0 || figure.closest('.unseen') !== null) continue;
      const text = figure.textContent;
      if (rect.left < -0.5 || rect.right > innerWidth + 0.5) found.push(text + ': beyond the side');
      if (figure.clientWidth > 0 && figure.scrollWidth > figure.clientWidth + 1) {
        found.push(text + ': wider than its box');
      }
      for (let box = figure.parentElement; box !== null; box = box.parentElement) {
        if (getComputedStyle(box).overflowX === 'visible' || box === document.body) continue;
        const outer = box.getBoundingClientRect();
        if (rect.right > outer.right + 0.5 || rect.left < outer.left - 0.5) {
          found.push(text + ': cut by ' + box.className);
        }
      }
    }
    return found;
  })()`);

/** How many figures there are to be looked at. */
export const figureCount = (page: Page): Promise<number> =>
  page.locator('.figure, .gas, .key-value').count();

/** How far the page can be scrolled sideways, in CSS pixels. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** What has the keyboard's place: its text or label, and whether that is to be seen. */
export const focused = (page: Page): Promise<{ name: string; isVisible: boolean }> =>
  page.evaluate(`(() => {
    const at = document.activeElement;
    const style = getComputedStyle(at);
    return {
      name: at.getAttribute('aria-label') ?? at.textContent.trim(),
      isVisible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
  })()`);

/** Waits until the page was drawn three times: by then it has moved the keyboard's place. */
export const threePictures = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((done) => {
    const draw = (left) => requestAnimationFrame(() => (left === 0 ? done() : draw(left - 1)));
    draw(2);
  })`);
