import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { PLOT_FILE } from '../../scripts/bench/benchmarks-page.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { launchBrowser } from '../node/browser.js';

const LIMIT_MS = 120_000;

interface Box {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
  readonly fill: string;
}

/** Runs in the page: where each text was drawn, and by which colour. */
const BOXES = `[...document.querySelectorAll('text')].map((each) => {
  const { x, y, width, height } = each.getBBox();
  const fill = getComputedStyle(each).fill;
  return { text: each.textContent, x, y, right: x + width, bottom: y + height, fill };
})`;

describe('the plot of the benchmarks', () => {
  const svg = readFileSync(join(projectRoot, 'docs', PLOT_FILE), 'utf8');
  let browser: Browser;
  before(async function () {
    this.timeout(LIMIT_MS);
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is legible in a ${colorScheme} page: all text inside, none on another`, async () => {
      const context = await browser.newContext({ colorScheme });
      const page = await context.newPage();
      await page.setContent(svg);
      const boxes = (await page.evaluate(BOXES)) as Box[];
      const ground = await page.evaluate(
        `getComputedStyle(document.querySelector('.ground')).fill`,
      );
      await context.close();
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
      assert.ok(boxes.length > 10);
      for (const box of boxes) {
        const { text, x, y, right, bottom, fill } = box;
        const isInside = x >= 0 && y >= 0 && right <= Number(width) && bottom <= Number(height);
        assert.ok(isInside, `"${text}" leaves the picture`);
        assert.ok(contrast(fill, String(ground)) >= 4.5, `"${text}" is faint on its ground`);
        const hit = boxes.find((other) => other !== box && overlap(box, other));
        assert.equal(hit, undefined, `"${text}" lies on "${hit?.text}"`);
      }
    }).timeout(LIMIT_MS);
  }
});

/** By more than the space that a line keeps above and below its letters. */
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.right && b.x < a.right && a.y < b.bottom - 4 && b.y < a.bottom - 4;

/** Of two colours as "rgb(1, 2, 3)" (WCAG 2.2, contrast ratio). */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
