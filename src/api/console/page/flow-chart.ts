import { dayText, gasParts, gasText } from './figures.js';
import { Empty, Gas, Section, shown } from './parts.js';
import { h, type VNode } from './preact.js';
import type { Props } from './state.js';
import type { Day } from './wire.js';

const SLOT = 12;
const BAR = 8;
/** Height of one half: income above the line, burn below it. */
const HALF = 60;
const HEIGHT = 2 * HALF;
const LEAST_DAYS = 7;

/** What the node burnt and what it took in, a bar each way for each day. */
export function FlowChart({ state, actions, isSmall }: Props & { isSmall: boolean }): VNode {
  const aside = isSmall ? h('a', { href: '#/gasbank' }, 'Gas bank') : h(Legend, {});
  return h(Section, { title: 'Burn and income', class: 'flow-chart', aside }, [
    shown({
      loaded: state.loaded.days,
      show: ({ items }) => {
        if (items.every((day) => isZero(day.burntDatoshi) && isZero(day.incomeDatoshi))) {
          return h(Empty, {
            title: 'Nothing yet',
            text: 'What answers cost and what is charged for them shows here, day by day.',
          });
        }
        return [
          h(Chart, { days: sinceFirst(items), state, actions }),
          isSmall ? h(Legend, {}) : h(DayTable, { days: items }),
        ];
      },
    }),
  ]);
}

/** A new node has a short chart rather than one of empty days; a week at least. */
function sinceFirst(days: readonly Day[]): readonly Day[] {
  const first = days.findIndex((day) => !isZero(day.burntDatoshi) || !isZero(day.incomeDatoshi));
  return days.slice(Math.min(first, Math.max(0, days.length - LEAST_DAYS)));
}

const isZero = (datoshi: string): boolean => BigInt(datoshi) === 0n;

const Legend = (): VNode =>
  h('ul', { class: 'legend' }, [
    h('li', { class: 'income' }, 'income'),
    h('li', { class: 'burn' }, 'burnt on fees'),
  ]);

function Chart({ days, state, actions }: Props & { readonly days: readonly Day[] }): VNode {
  const top = roundUp(
    days.reduce((most, { burntDatoshi, incomeDatoshi }) => {
      const both = [BigInt(burntDatoshi), BigInt(incomeDatoshi)];
      return both.reduce((larger, value) => (value > larger ? value : larger), most);
    }, 1n),
  );
  const at = Math.min(state.chartAt ?? days.length - 1, days.length - 1);
  const width = days.length * SLOT;
  const first = days[0]?.day ?? '';
  const middle = days[Math.floor(days.length / 2)]?.day ?? '';
  const axis = `${gasParts(top.toString()).whole}.${decimalsOf(top)}`;
  return h('div', { class: 'chart' }, [
    h('div', { class: 'chart-axis figure', 'aria-hidden': 'true' }, [
      h('span', {}, `+${axis}`),
      h('span', {}, '0 GAS'),
      h('span', {}, `−${axis}`),
    ]),
    h(
      'div',
      {
        class: 'chart-plot',
        role: 'slider',
        tabIndex: 0,
        'aria-label': 'Day of the chart',
        'aria-valuemin': 0,
        'aria-valuemax': days.length - 1,
        'aria-valuenow': at,
        'aria-valuetext': readOut(days[at]),
        onKeyDown: (event: KeyboardEvent) => moveBy(event, at, days.length, actions.readChartAt),
        onPointerMove: (event: PointerEvent) => actions.readChartAt(placeAt(event, days.length)),
      },
      h('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none' }, [
        h('rect', { class: 'chart-here', x: at * SLOT, y: 0, width: SLOT, height: HEIGHT }),
        ...days.flatMap((day, place) => bars(day, place, top)),
        h('path', { class: 'chart-zero', d: `M0 ${HALF}H${width}` }),
      ]),
    ),
    h('div', { class: 'chart-days figure', 'aria-hidden': 'true' }, [
      h('span', {}, dayText(first)),
      h('span', {}, dayText(middle)),
      h('span', {}, 'today'),
    ]),
    h(ReadOut, { day: days[at] }),
  ]);
}

/** Heights are counted in thousandths of a half: exact numbers stand in the text. */
function bars(day: Day, place: number, top: bigint): VNode[] {
  const height = (datoshi: string): number =>
    (Number((BigInt(datoshi) * 1_000n) / top) / 1_000) * (HALF - 2);
  const x = place * SLOT + (SLOT - BAR) / 2;
  const up = height(day.incomeDatoshi);
  const down = height(day.burntDatoshi);
  return [
    h('rect', { class: 'bar income', x, y: HALF - up, width: BAR, height: up }),
    h('rect', { class: 'bar burn', x, y: HALF, width: BAR, height: down }),
  ];
}

function ReadOut({ day }: { readonly day: Day | undefined }): VNode | null {
  if (day === undefined) return null;
  const result = (BigInt(day.incomeDatoshi) - BigInt(day.burntDatoshi)).toString();
  return h('dl', { class: 'readout' }, [
    h('div', {}, [h('dt', {}, 'Day'), h('dd', { class: 'figure' }, dayText(day.day))]),
    h('div', {}, [h('dt', {}, 'Income'), h('dd', {}, h(Gas, { datoshi: day.incomeDatoshi }))]),
    h('div', {}, [h('dt', {}, 'Burnt'), h('dd', {}, h(Gas, { datoshi: day.burntDatoshi }))]),
    h('div', {}, [h('dt', {}, 'Result'), h('dd', {}, h(Gas, { datoshi: result }))]),
  ]);
}

const readOut = (day: Day | undefined): string =>
  day === undefined
    ? ''
    : [
        `${dayText(day.day)}: income ${gasText(day.incomeDatoshi)}`,
        `burnt ${gasText(day.burntDatoshi)}`,
      ].join(', ');

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  Home: -1_000,
  End: 1_000,
};

function moveBy(
  event: KeyboardEvent,
  at: number,
  count: number,
  turnTo: (place: number) => void,
): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  turnTo(Math.max(0, Math.min(count - 1, at + step)));
}

function placeAt(event: PointerEvent, count: number): number {
  const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const place = Math.floor(((event.clientX - left) / Math.max(1, width)) * count);
  return Math.max(0, Math.min(count - 1, place));
}

/** The next number that makes an axis: one or two digits with zeros behind them. */
function roundUp(value: bigint): bigint {
  const unit = 10n ** BigInt(Math.max(0, value.toString().length - 2));
  return AXIS_STEPS.map((digit) => digit * unit).find((step) => step >= value) ?? value;
}

const AXIS_STEPS = [10n, 12n, 15n, 20n, 25n, 30n, 40n, 50n, 60n, 80n, 100n];

/** The decimals of a round number without zeros at the end, two at least. */
const decimalsOf = (datoshi: bigint): string =>
  gasParts(datoshi.toString()).decimals.replace(/0+$/, '').padEnd(2, '0');

/** The same figures for who reads rather than looks; newest first. */
function DayTable({ days }: { readonly days: readonly Day[] }): VNode {
  const rows = [...days]
    .reverse()
    .filter((day) => !isZero(day.burntDatoshi) || !isZero(day.incomeDatoshi));
  return h('details', { class: 'day-table' }, [
    h('summary', {}, 'As a table'),
    h('table', { class: 'table days' }, [
      h(
        'thead',
        {},
        h('tr', {}, [
          h('th', { scope: 'col' }, 'Day'),
          h('th', { scope: 'col', class: 'number' }, 'Income'),
          h('th', { scope: 'col', class: 'number' }, 'Burnt'),
        ]),
      ),
      h(
        'tbody',
        {},
        rows.map(({ day, incomeDatoshi, burntDatoshi }) =>
          h('tr', { key: day }, [
            h('th', { scope: 'row', class: 'figure' }, day),
            h(
              'td',
              { class: 'number', 'data-label': 'Income' },
              h(Gas, { datoshi: incomeDatoshi }),
            ),
            h('td', { class: 'number', 'data-label': 'Burnt' }, h(Gas, { datoshi: burntDatoshi })),
          ]),
        ),
      ),
    ]),
  ]);
}
