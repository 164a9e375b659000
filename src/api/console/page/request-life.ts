import { durationText, grouped, timeText } from './figures.js';
import { Gas, Hash, Icon, Section, shown } from './parts.js';
import { type ComponentChildren, h, type VNode } from './preact.js';
import { hashOf } from './route.js';
import { StateBadge } from './stage-lanes.js';
import { STAGE_TEXTS, STAGES, stageOf } from './stages.js';
import type { Props } from './state.js';
import type { RequestLife, RequestStep } from './wire.js';

/** The whole life of one request: where it is and why, each step, what it cost. */
export function RequestLifeView({ state, actions }: Props): VNode {
  const id = state.route.view === 'request' ? state.route.id : '';
  const back = h('a', { class: 'back', href: hashOf({ view: 'requests', show: 'all' }) }, [
    h(Icon, { name: 'back' }),
    'All requests',
  ]);
  return h('div', { class: 'view' }, [
    back,
    h('h1', { tabIndex: -1, class: 'figure' }, `Request ${id}`),
    shown({
      loaded: state.loaded.life,
      show: (life) => [
        h(Standing, { life, state, actions }),
        h('div', { class: 'columns life' }, [
          h(Section, { title: 'Its life' }, h(Steps, { life, state, actions })),
          h('div', { class: 'stack' }, [
            h(Section, { title: 'What was asked' }, h(Question, { life, state, actions })),
            h(Section, { title: 'What it cost' }, h(Charge, { life })),
            life.logs.length === 0
              ? null
              : h(
                  Section,
                  { title: 'What its function logged' },
                  h('pre', { class: 'log', tabIndex: 0 }, life.logs.join('\n')),
                ),
          ]),
        ]),
      ],
    }),
  ]);
}

type LifeProps = Props & { readonly life: RequestLife };

function Standing({ life, state }: LifeProps): VNode {
  const stage = stageOf(life, state.loaded.status?.value?.network.processed ?? null);
  const at = stage === 'refund' ? -1 : STAGES.indexOf(stage);
  const track = STAGES.map((name, place) =>
    h(
      'li',
      {
        key: name,
        class: at < 0 ? 'off' : place < at ? 'past' : place === at ? 'here' : '',
        'aria-current': place === at ? 'step' : undefined,
      },
      STAGE_TEXTS[name].name,
    ),
  );
  return h('div', { class: 'standing' }, [
    h('ol', { class: 'track', 'aria-label': 'Stages' }, track),
    h('p', { class: 'standing-line' }, [
      h(StateBadge, { item: life }),
      h('span', { class: 'standing-why' }, life.reason),
    ]),
    h('p', { class: 'standing-next' }, [h('span', { class: 'quiet' }, 'Next: '), life.next]),
  ]);
}

function Steps({ life, state, actions }: LifeProps): VNode {
  return h(
    'ol',
    { class: 'steps' },
    life.steps.map((step, place) =>
      h(Step, { key: place, step, before: life.steps[place - 1], state, actions }),
    ),
  );
}

function Step({
  step,
  before,
  state,
  actions,
}: Props & { readonly step: RequestStep; readonly before: RequestStep | undefined }): VNode {
  const { at, what, why, block, tx, feeDatoshi } = step;
  const later =
    before === undefined ? null : `+ ${durationText(Date.parse(at) - Date.parse(before.at))}`;
  return h('li', { class: 'step' }, [
    h('div', { class: 'step-time figure' }, [
      h('time', { dateTime: at }, timeText(at).slice(11)),
      h('span', { class: 'quiet' }, later ?? timeText(at).slice(0, 10)),
    ]),
    h('div', { class: 'step-text' }, [
      h('h3', {}, what),
      why === null ? null : h('p', {}, why),
      h('dl', { class: 'step-facts' }, [
        ...(block === null ? [] : fact('block', h('span', { class: 'figure' }, grouped(block)))),
        ...(tx === null
          ? []
          : fact('tx', h(Hash, { hash: tx, what: 'transaction', state, actions, whole: true }))),
        ...(feeDatoshi === null ? [] : fact('fee', h(Gas, { datoshi: feeDatoshi }))),
      ]),
    ]),
  ]);
}

const fact = (name: string, value: ComponentChildren): VNode[] => [
  h('dt', {}, name),
  h('dd', {}, value),
];

function Question({ life, state, actions }: LifeProps): VNode {
  const { kind, subject, filter, requester, payer, createdTx, createdBlock, deadlineBlock } = life;
  const account = (hash: string, what: string): VNode =>
    h(Hash, { hash, what, state, actions, whole: true });
  return h('dl', { class: 'facts' }, [
    ...fact('Kind', kind),
    ...fact('Wants', h('code', { class: 'text' }, subject)),
    ...(filter === ''
      ? []
      : fact(kind === 'function' ? 'Arguments' : 'Filter', h('code', { class: 'text' }, filter))),
    ...fact('Asked by', account(requester, 'requester')),
    ...fact('Paid by', payer === requester ? 'itself' : account(payer, 'payer')),
    ...fact('Asked in', [
      h(
        'span',
        { class: 'figure' },
        `block ${grouped(createdBlock)}, ${timeText(life.createdAt)} UTC`,
      ),
      account(createdTx, 'transaction'),
    ]),
    ...fact('Deadline', h('span', { class: 'figure' }, `block ${grouped(deadlineBlock)}`)),
    ...fact('Answer', answerText(life)),
    ...(life.attempts > 1 ? fact('Tries', String(life.attempts)) : []),
  ]);
}

function answerText({ codeName, resultBytes, isDelivered }: RequestLife): string {
  if (codeName === null) return 'none yet';
  const size = resultBytes === null ? '' : `, ${grouped(resultBytes)} bytes`;
  const place = isDelivered === null ? '' : isDelivered ? ', delivered' : ', kept at the gateway';
  return `${codeName}${size}${place}`;
}

function Charge({ life }: { readonly life: RequestLife }): VNode {
  const { maxFeeDatoshi, feeDatoshi, lostDatoshi, premiumDatoshi } = life;
  const line = (name: string, datoshi: string | null): VNode[] =>
    datoshi === null ? [] : fact(name, h(Gas, { datoshi }));
  return h('dl', { class: 'facts sums' }, [
    ...line('At most', maxFeeDatoshi),
    ...(feeDatoshi === null ? fact('Charged', 'nothing yet') : line('Fee', feeDatoshi)),
    ...(lostDatoshi === null || lostDatoshi === '0' ? [] : line('Lost before', lostDatoshi)),
    ...(premiumDatoshi === null || premiumDatoshi === '0' ? [] : line('Premium', premiumDatoshi)),
  ]);
}
