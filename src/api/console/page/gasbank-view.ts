import { counted, grouped, hoursText, timeText } from './figures.js';
import { FlowChart } from './flow-chart.js';
import { Badge, Empty, Figure, Gas, Hash, Section, shown } from './parts.js';
import { h, type VNode } from './preact.js';
import type { Props } from './state.js';
import type { Balance, Forecast, LedgerAccount, Status } from './wire.js';

/** The node's money: what it has, what it burns and earns, whose credit it holds. */
export function GasbankView({ state, actions }: Props): VNode {
  return h('div', { class: 'view' }, [
    h('h1', { tabIndex: -1 }, 'Gas bank'),
    shown({
      loaded: state.loaded.status,
      show: (status) => h(Books, { status, forecast: state.loaded.forecast?.value ?? null }),
    }),
    h(FlowChart, { state, actions, isSmall: false }),
    h('div', { class: 'columns' }, [
      h(Section, { title: 'Result by kind' }, [
        shown({ loaded: state.loaded.forecast, show: (read) => h(Kinds, { read }) }),
      ]),
      h(Section, { title: 'What the node pays itself' }, [
        shown({ loaded: state.loaded.forecast, show: (read) => h(OwnCosts, { read }) }),
      ]),
    ]),
    h(Spending, { state, actions }),
    h(Section, { title: 'Accounts of the books' }, [
      shown({
        loaded: state.loaded.balance,
        show: (balance) => h(Accounts, { balance, state, actions }),
      }),
    ]),
  ]);
}

function Books({ status, forecast }: { status: Status; forecast: Forecast | null }): VNode {
  const { wallet, earnedDatoshi, creditHeldDatoshi, books } = status;
  const outlook = forecast?.forecast ?? null;
  const lasts =
    outlook === null
      ? 'how long it lasts is known after an hour of books'
      : outlook.hoursLeft === null
        ? 'nothing is spent'
        : `lasts ${hoursText(outlook.hoursLeft)} at this pace`;
  const agreed =
    books.stopped ??
    (books.agreedBlock === null
      ? 'not yet held against the chain'
      : `agreed with the chain at block ${grouped(books.agreedBlock)}`);
  return h('dl', { class: 'key-figures' }, [
    h(Figure, {
      name: 'Wallet',
      value: h(Gas, { datoshi: wallet?.balanceDatoshi ?? null }),
      note: lasts,
    }),
    h(Figure, {
      name: 'Earned, to collect',
      value: h(Gas, { datoshi: earnedDatoshi }),
      note: 'at the gateway',
    }),
    h(Figure, {
      name: 'Credit held',
      value: h(Gas, { datoshi: creditHeldDatoshi }),
      note: 'of those who ask',
    }),
    h(Figure, {
      name: 'Books',
      value: books.stopped === null ? 'Balanced' : 'Stopped',
      note: agreed,
      tone: books.stopped === null ? 'good' : 'bad',
    }),
  ]);
}

function Kinds({ read }: { readonly read: Forecast }): VNode {
  if (read.kinds.length === 0) {
    return h(Empty, { title: 'Nothing yet', text: 'No answer, run or round was charged for yet.' });
  }
  return h('div', {}, [
    h('table', { class: 'table kinds' }, [
      h(
        'thead',
        {},
        h('tr', {}, [
          h('th', { scope: 'col' }, 'Kind'),
          h('th', { scope: 'col', class: 'number' }, 'Charged for'),
          h('th', { scope: 'col', class: 'number' }, 'Spent'),
          h('th', { scope: 'col', class: 'number' }, 'Result'),
        ]),
      ),
      h(
        'tbody',
        {},
        read.kinds.map(({ kind, answers, spentDatoshi, resultDatoshi }) =>
          h('tr', { key: kind }, [
            h('th', { scope: 'row' }, kind),
            h('td', { class: 'number figure', 'data-label': 'Charged for' }, grouped(answers)),
            h('td', { class: 'number', 'data-label': 'Spent' }, h(Gas, { datoshi: spentDatoshi })),
            h(
              'td',
              { class: 'number', 'data-label': 'Result' },
              h(Gas, { datoshi: resultDatoshi }),
            ),
          ]),
        ),
      ),
    ]),
    h(
      'p',
      { class: 'note' },
      `since ${timeText(read.since)} UTC; the result is what was charged less what was spent`,
    ),
  ]);
}

function OwnCosts({ read }: { readonly read: Forecast }): VNode {
  const costs = read.ownCosts.filter(({ amountDatoshi }) => BigInt(amountDatoshi) !== 0n);
  if (costs.length === 0) {
    return h(Empty, { title: 'Nothing', text: 'Every fee was charged to whom it was spent for.' });
  }
  const lines = costs.flatMap(({ cause, amountDatoshi }) => [
    h('dt', { key: cause }, cause),
    h('dd', {}, h(Gas, { datoshi: amountDatoshi })),
  ]);
  return h('dl', { class: 'facts sums' }, lines);
}

/** What is held back and how much of the budgets is used; nothing where neither is. */
function Spending({ state }: Props): VNode | null {
  const spending = state.loaded.status?.value?.spending ?? null;
  if (spending === null || spending.held.length + spending.budgets.length === 0) return null;
  return h(Section, { title: 'Limits of spending' }, [
    h(
      'ul',
      { class: 'rows' },
      spending.held.map(({ cause, reason }) =>
        h('li', { class: 'row', key: reason }, [
          h(Badge, { tone: 'warn', text: cause }),
          h('span', { class: 'row-main' }, reason),
        ]),
      ),
    ),
    h(
      'ul',
      { class: 'rows' },
      spending.budgets.map(({ key, used }) =>
        h('li', { class: 'row budget', key }, [
          h('code', { class: 'row-main' }, key),
          h('span', { class: 'figure' }, `${(used * 100).toFixed(1)} % used`),
          h('progress', { max: 1, value: Math.min(1, used), 'aria-label': key }),
        ]),
      ),
    ),
  ]);
}

function Accounts({ balance, state, actions }: Props & { readonly balance: Balance }): VNode {
  const { accounts, block, inFlightTransactions } = balance;
  if (accounts.length === 0) {
    return h(Empty, { title: 'No account yet', text: 'The books begin with the first block.' });
  }
  const heads = ['Account', 'Posted', 'In flight', 'Available'];
  return h('div', {}, [
    h('table', { class: 'table accounts' }, [
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((name, place) =>
            h('th', { scope: 'col', class: place === 0 ? '' : 'number' }, name),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        accounts.map((account) => h(AccountRow, { key: account.account, account, state, actions })),
      ),
    ]),
    h(
      'p',
      { class: 'note' },
      `${block === null ? '' : `As of block ${grouped(block)}; `}` +
        `${counted(inFlightTransactions, 'transaction')} in flight.`,
    ),
  ]);
}

function AccountRow({ account, state, actions }: Props & { account: LedgerAccount }): VNode {
  const [name = '', hash] = account.account.split(':');
  return h('tr', {}, [
    h('th', { scope: 'row' }, [
      h('span', {}, name),
      hash === undefined ? null : h(Hash, { hash, what: 'account', state, actions }),
    ]),
    h(
      'td',
      { class: 'number', 'data-label': 'Posted' },
      h(Gas, { datoshi: account.postedDatoshi }),
    ),
    h(
      'td',
      { class: 'number', 'data-label': 'In flight' },
      h(Gas, { datoshi: account.inFlightDatoshi }),
    ),
    h(
      'td',
      { class: 'number', 'data-label': 'Available' },
      h(Gas, { datoshi: account.availableDatoshi }),
    ),
  ]);
}
