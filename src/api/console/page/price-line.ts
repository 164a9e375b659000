import { counted, scaled } from './figures.js';
import { h, type VNode } from './preact.js';
import type { Poll } from './wire.js';

const WIDTH = 320;
const HEIGHT = 72;
const MARGIN = 6;
const STEPS = 10_000n;

/** What the sources agreed on in the last polls, as a line; where they did not, it has a gap. */
export function PriceLine({ polls, pair }: { polls: readonly Poll[]; pair: string }): VNode | null {
  const prices = [...polls].reverse().map(({ price }) => (price === null ? null : scaled(price)));
  const known = prices.filter((price) => price !== null);
  if (known.length < 2) return null;
  const low = known.reduce((least, price) => (price < least ? price : least));
  const high = known.reduce((most, price) => (price > most ? price : most));
  const y = (price: bigint): number => {
    if (high === low) return HEIGHT / 2;
    const share = Number(((price - low) * STEPS) / (high - low)) / Number(STEPS);
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
  };
  const x = (place: number): number =>
    MARGIN + (place / (prices.length - 1)) * (WIDTH - 2 * MARGIN);
  const line = pathOf(prices, x, y);
  const last = known.at(-1) ?? low;
  const label = `${pair} over ${counted(prices.length, 'poll')}`;
  return h('figure', { class: 'price-line' }, [
    h('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label }, [
      h('path', { class: 'price-path', d: line }),
      h('circle', { class: 'price-dot', cx: x(prices.length - 1), cy: y(last), r: 3.5 }),
    ]),
    h('figcaption', { class: 'quiet' }, `the last ${counted(prices.length, 'poll')}`),
  ]);
}

function pathOf(
  prices: readonly (bigint | null)[],
  x: (place: number) => number,
  y: (price: bigint) => number,
): string {
  let isBroken = true;
  return prices
    .map((price, place) => {
      if (price === null) {
        isBroken = true;
        return '';
      }
      const word = isBroken ? 'M' : 'L';
      isBroken = false;
      return `${word}${x(place).toFixed(1)} ${y(price).toFixed(1)}`;
    })
    .join('');
}
