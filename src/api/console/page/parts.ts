import { agoText, gasParts, shortHash, timeText } from './figures.js';
import { type ComponentChildren, h, type VNode } from './preact.js';
import type { Actions, Loaded, Props } from './state.js';

/** An amount of GAS with all its decimals; the last ones are quieter. */
export function Gas({ datoshi }: { readonly datoshi: string | null }): VNode {
  if (datoshi === null) return h('span', { class: 'unknown' }, 'not known');
  const { sign, whole, decimals } = gasParts(datoshi);
  return h('span', { class: 'gas figure' }, [
    `${sign}${whole}.${decimals.slice(0, 2)}`,
    h('span', { class: 'fine' }, decimals.slice(2)),
    h('span', { class: 'unit' }, ' GAS'),
  ]);
}

/** A time span since something, which is told anew each second; the whole time is its title. */
export function Ago({ at, nowMs }: { readonly at: string; readonly nowMs: number }): VNode {
  const title = `${timeText(at)} UTC`;
  return h('time', { class: 'figure', dateTime: at, title }, agoText(at, nowMs));
}

export interface HashProps {
  readonly hash: string;
  /** What it is, for who does not see it: "transaction". */
  readonly what: string;
  readonly state: Props['state'];
  readonly actions: Actions;
  /** The whole of it, over several lines where it must be. */
  readonly whole?: boolean;
}

/** A hash, and a button that copies the whole of it. */
export function Hash({ hash, what, state, actions, whole }: HashProps): VNode {
  const isCopied = state.copied === hash;
  return h('span', { class: whole === true ? 'hash whole' : 'hash' }, [
    h('code', { title: hash }, whole === true ? hash : shortHash(hash)),
    h(
      'button',
      {
        type: 'button',
        class: 'copy',
        'aria-label': isCopied ? `copied the ${what}` : `copy the ${what} ${shortHash(hash)}`,
        onClick: (event: Event) => {
          event.stopPropagation();
          actions.copy(hash);
        },
      },
      h(Icon, { name: isCopied ? 'tick' : 'copy' }),
    ),
  ]);
}

export type Tone = 'good' | 'calm' | 'warn' | 'bad';

/** A word that stands for a state; its tone is never all that tells it. */
export const Badge = ({ tone, text }: { readonly tone: Tone; readonly text: string }): VNode =>
  h('span', { class: `badge ${tone}` }, text);

export interface SectionProps {
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly children?: ComponentChildren;
  readonly class?: string;
}

/** A part of a view under a heading of its own. */
export function Section({ title, aside, children, class: more }: SectionProps): VNode {
  const id = `h-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', { class: `section ${more ?? ''}`, 'aria-labelledby': id }, [
    h('div', { class: 'section-head' }, [
      h('h2', { id }, title),
      aside === undefined ? null : h('div', { class: 'section-aside' }, aside),
    ]),
    children,
  ]);
}

/** Nothing to show, and what would have to happen. */
export const Empty = ({ title, text }: { readonly title: string; readonly text: string }): VNode =>
  h('div', { class: 'empty' }, [h('p', { class: 'empty-title' }, title), h('p', {}, text)]);

/** What could not be read anew; what is shown is older. */
export function Problem({ problem }: { readonly problem: string | null }): VNode | null {
  if (problem === null) return null;
  return h('p', { class: 'problem', role: 'status' }, `Not read anew: ${problem}`);
}

/** Shows a resource, or that it is on its way, or why it is not. */
export function shown<T>({
  loaded,
  show,
}: {
  readonly loaded: Loaded<T> | undefined;
  readonly show: (value: T) => ComponentChildren;
}): VNode {
  if (loaded === undefined) return h('p', { class: 'waiting' }, 'Reading…');
  if (loaded.value === null)
    return h(Empty, { title: 'Not to be had', text: loaded.problem ?? '' });
  return h('div', { class: 'shown' }, [
    h(Problem, { problem: loaded.problem }),
    show(loaded.value),
  ]);
}

/** One named figure of a row of such. */
export interface FigureProps {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly tone?: Tone;
}

export const Figure = ({ name, value, note, tone }: FigureProps): VNode =>
  h('div', { class: `key-figure ${tone ?? ''}` }, [
    h('dt', {}, name),
    h('dd', {}, [
      h('div', { class: 'key-value' }, value),
      note === undefined ? null : h('div', { class: 'key-note' }, note),
    ]),
  ]);

/** Drawings of 16 by 16, each a path. */
const ICONS = {
  overview: 'M2 9.5 8 3l6 6.5M4 8v5.5h8V8',
  requests: 'M2.5 5h8m0 0L8 2.5M10.5 5 8 7.5M13.5 11h-8m0 0L8 8.5M5.5 11 8 13.5',
  gasbank: 'M3 13.5V7m3.3 6.5V4m3.4 9.5V9m3.3 4.5V2.5',
  prices: 'M2 11.5 6 7l3 2.5 5-6M10.5 3.5H14V7',
  upkeeps: 'M8 2.5a5.5 5.5 0 1 1-5.2 3.7M2.5 2.5v3.7h3.7M8 5.2V8l2 1.6',
  alerts: 'M8 2.5a4 4 0 0 0-4 4v3L2.7 11.5h10.6L12 9.5v-3a4 4 0 0 0-4-4ZM6.5 13.5h3',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8Z',
  tick: 'm3 8.5 3.3 3.3L13 4.5',
  light: [
    'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3',
    'M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  ].join(''),
  dark: 'M13.3 9.7A5.7 5.7 0 0 1 6.3 2.7a5.7 5.7 0 1 0 7 7Z',
  auto: 'M8 2.3a5.7 5.7 0 1 0 0 11.4ZM8 2.3a5.7 5.7 0 0 1 0 11.4',
  back: 'M9.5 3 4.5 8l5 5',
} as const;
export type IconName = keyof typeof ICONS;

export function Icon({ name }: { readonly name: IconName }): VNode {
  const frame = { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' };
  return h('svg', frame, h('path', { d: ICONS[name] }));
}
