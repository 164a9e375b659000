import { z } from 'zod';
import type { GasbankDay } from '../../gasbank/day-view-store.js';
import type { AccountView, TransferView } from '../../gasbank/ledger-view-store.js';
import type { MoneyForecast } from '../slow-reads.js';
import {
  account,
  amount,
  block,
  count,
  cursor,
  id,
  isoTime,
  textOrNull,
  time,
  txHash,
} from './values.js';

const ledgerAccount = () =>
  z.string().meta({
    description:
      'account of the ledger: wallet:0x…, credit:0x…, reserved:0x…, earned:0x…, burnt, …',
  });

const accountShape = z.object({
  account: ledgerAccount(),
  postedDatoshi: amount(),
  inFlightDatoshi: amount().meta({ description: 'set aside for transactions under way' }),
  availableDatoshi: amount(),
});

export const balanceShape = z.object({
  block: block('last block that is on the books').nullable(),
  inFlightTransactions: count('transactions that are signed and in no block yet'),
  accounts: z.array(accountShape),
  next: cursor(),
});

const transferShape = z.object({
  row: id('the row of the ledger'),
  phase: z.enum(['single', 'pending', 'post', 'void']),
  at: time(),
  block: block().nullable(),
  tx: txHash().nullable(),
  requestId: id('the request or upkeep').nullable(),
  cause: z.string(),
  debit: ledgerAccount(),
  credit: ledgerAccount(),
  amountDatoshi: amount(),
  counterparty: account('who is behind the account outside').nullable(),
});

export const historyShape = z.object({ items: z.array(transferShape), next: cursor() });

export const forecastShape = z.object({
  since: time('what it goes by: from here'),
  until: time('to here'),
  walletDatoshi: amount(),
  floorDatoshi: amount(),
  earnedDatoshi: amount(),
  forecast: z
    .object({
      spentPerDayDatoshi: amount(),
      resultPerDayDatoshi: amount(),
      hoursLeft: count('until the wallet is at its floor, if nothing is collected').nullable(),
      hoursLeftCollecting: count('the same if earnings are collected; null: for ever').nullable(),
    })
    .nullable()
    .meta({ description: 'null while the books tell of less than an hour' }),
  spentDatoshi: amount(),
  resultDatoshi: amount().meta({ description: 'charged less spent' }),
  kinds: z.array(
    z.object({
      kind: z.string(),
      answers: count('answers, runs and rounds that were charged for'),
      feeDatoshi: amount(),
      lostDatoshi: amount(),
      premiumDatoshi: amount(),
      spentDatoshi: amount(),
      resultDatoshi: amount(),
    }),
  ),
  ownCosts: z.array(z.object({ cause: z.string(), amountDatoshi: amount() })),
});

export const daysShape = z.object({
  items: z
    .array(
      z.object({
        day: z.iso.date().meta({ description: 'day in UTC' }),
        burntDatoshi: amount().meta({ description: 'fees of the node in blocks' }),
        incomeDatoshi: amount().meta({ description: 'charged: fees, lost fees, premiums' }),
      }),
    )
    .meta({ description: 'oldest first, every day, the present one last' }),
});

export const accountWire = (view: AccountView) => ({
  account: view.account,
  postedDatoshi: String(view.postedDatoshi),
  inFlightDatoshi: String(view.inFlightDatoshi),
  availableDatoshi: String(view.availableDatoshi),
});

export const transferWire = (view: TransferView): z.input<typeof transferShape> => ({
  row: String(view.row),
  phase: view.phase,
  at: isoTime(view.atMs),
  block: view.block,
  tx: view.tx,
  requestId: textOrNull(view.requestId),
  cause: view.cause,
  debit: view.debit,
  credit: view.credit,
  amountDatoshi: String(view.amountDatoshi),
  counterparty: view.counterparty,
});

export function forecastWire(read: MoneyForecast): z.input<typeof forecastShape> {
  const { forecast, profitAndLoss } = read;
  return {
    since: isoTime(read.sinceMs),
    until: isoTime(read.untilMs),
    walletDatoshi: String(read.wallet),
    floorDatoshi: String(read.floor),
    earnedDatoshi: String(read.earned),
    forecast:
      forecast === null
        ? null
        : {
            spentPerDayDatoshi: String(forecast.spentPerDayDatoshi),
            resultPerDayDatoshi: String(forecast.resultPerDayDatoshi),
            hoursLeft: forecast.hoursLeft,
            hoursLeftCollecting: forecast.hoursLeftCollecting,
          },
    spentDatoshi: String(profitAndLoss.spent),
    resultDatoshi: String(profitAndLoss.result),
    kinds: profitAndLoss.kinds.map((kind) => ({
      kind: kind.kind,
      answers: kind.answers,
      feeDatoshi: String(kind.fee),
      lostDatoshi: String(kind.lost),
      premiumDatoshi: String(kind.premium),
      spentDatoshi: String(kind.spent),
      resultDatoshi: String(kind.result),
    })),
    ownCosts: profitAndLoss.ownCosts.map(({ cause, amount: datoshi }) => ({
      cause,
      amountDatoshi: String(datoshi),
    })),
  };
}

export const daysWire = (days: readonly GasbankDay[]): z.input<typeof daysShape> => ({
  items: days.map(({ startMs, burnt, income }) => ({
    day: isoTime(startMs).slice(0, 10),
    burntDatoshi: String(burnt),
    incomeDatoshi: String(income),
  })),
});
