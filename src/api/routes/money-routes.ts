import { z } from 'zod';
import { creditOf, reservedOf } from '../../gasbank/accounts.js';
import type { TransferView } from '../../gasbank/ledger-view-store.js';
import { jsonRoute, type Route } from '../route.js';
import {
  accountWire,
  balanceShape,
  daysShape,
  daysWire,
  forecastShape,
  forecastWire,
  historyShape,
  transferWire,
} from '../shapes/money-shape.js';
import {
  cursorText,
  DEFAULT_PAGE,
  limitText,
  nextCursor,
  numberText,
  plainText,
} from '../shapes/values.js';

const MAX_DAYS = 90;
const DEFAULT_FORECAST_DAYS = 7;
const DEFAULT_CHART_DAYS = 30;

const ledgerAccount = () =>
  plainText(
    'an account of the ledger, such as burnt or credit:0x…',
    /^(?:(?:wallet|credit|reserved|earned):0x[0-9a-f]{40}|[a-z]{1,20})$/,
  );

const READ = { kind: 'scope', scope: 'read', publicGroup: 'gasbank' } as const;

const balance = jsonRoute({
  method: 'GET',
  path: '/v1/gasbank/balance',
  name: 'getBalance',
  group: 'gasbank',
  summary: 'Accounts of the books: posted, in flight, available',
  access: { ...READ, owners: 'own' },
  query: z.strictObject({ limit: limitText(), cursor: ledgerAccount().optional() }),
  answer: balanceShape,
  problems: [],
  handle({ sources, query: { limit = DEFAULT_PAGE, cursor = '' }, only }) {
    const { ledger } = sources.reads;
    const own = only === null ? null : [creditOf(only), reservedOf(only)];
    const accounts = own?.flatMap((id) => ledger.account(id) ?? []);
    const page = accounts ?? ledger.accountsAfter(cursor, limit);
    const last = page.at(-1);
    return {
      block: ledger.height(),
      inFlightTransactions: only === null ? ledger.countInFlight() : 0,
      accounts: page.map(accountWire),
      next: own !== null || page.length < limit || last === undefined ? null : last.account,
    };
  },
});

const history = jsonRoute({
  method: 'GET',
  path: '/v1/gasbank/history',
  name: 'getHistory',
  group: 'gasbank',
  summary: 'Movements of the books, newest first',
  access: { ...READ, owners: 'own' },
  query: z.strictObject({
    account: ledgerAccount().optional(),
    limit: limitText(),
    cursor: cursorText('movements'),
  }),
  answer: historyShape,
  problems: [],
  handle({ sources, query: { account, limit = DEFAULT_PAGE, cursor }, only }) {
    const own: readonly string[] | null = only === null ? null : [creditOf(only), reservedOf(only)];
    const accounts = own ?? (account === undefined ? [] : [account]);
    const wanted = account === undefined ? accounts : accounts.filter((each) => each === account);
    // Nobody's own: with an empty list the ledger would show everybody's.
    if (own !== null && wanted.length === 0) return { items: [], next: null };
    const found = sources.reads.ledger.transfers({
      accounts: wanted,
      sinceMs: null,
      beforeRow: cursor ?? null,
      limit,
    });
    const next = nextCursor(found, limit, ({ row }: TransferView) => row);
    return { items: found.map(transferWire), next };
  },
});

const forecast = jsonRoute({
  method: 'GET',
  path: '/v1/gasbank/forecast',
  name: 'getForecast',
  group: 'gasbank',
  summary: 'How long the money lasts, and profit and loss by kind and cause',
  access: READ,
  query: z.strictObject({
    days: numberText(1, MAX_DAYS, 'days to go by', DEFAULT_FORECAST_DAYS),
  }),
  answer: forecastShape,
  problems: [],
  handle: async ({ sources, query: { days = DEFAULT_FORECAST_DAYS } }) =>
    forecastWire(await sources.money.forecast(days)),
});

const days = jsonRoute({
  method: 'GET',
  path: '/v1/gasbank/days',
  name: 'getDays',
  group: 'gasbank',
  summary: 'Burn and income by day, for a chart',
  access: READ,
  query: z.strictObject({ days: numberText(1, MAX_DAYS, 'days to show', DEFAULT_CHART_DAYS) }),
  answer: daysShape,
  problems: [],
  handle: async ({ sources, query: { days: count = DEFAULT_CHART_DAYS } }) =>
    daysWire(await sources.money.days(count)),
});

export const MONEY_ROUTES: readonly Route[] = [balance, history, forecast, days];
