import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/node-error.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { createDayView } from '../gasbank/day-view-store.js';
import { forecast } from '../gasbank/forecast.js';
import { createLedgerViews } from '../gasbank/ledger-view-store.js';
import { createProfitView } from '../gasbank/profit-view-store.js';
import { type Database, openDatabaseReadOnly } from '../storage/database.js';
import type { MoneyForecast, SlowQuestion, SlowReadsGiven, SlowReply } from './slow-reads.js';

const DAY_MS = 86_400_000;

assert(parentPort, 'slow-reads-worker runs in a worker thread only');
const port = parentPort;
const { databaseFile } = workerData as SlowReadsGiven;
const db = openDatabaseReadOnly(databaseFile);

port.on('message', ({ id, question }: { id: number; question: SlowQuestion }) => {
  port.postMessage(replyTo(id, question));
});

function replyTo(id: number, question: SlowQuestion): SlowReply {
  try {
    return { id, kind: 'read', value: read(db, question) };
  } catch (error) {
    return { id, kind: 'failed', why: messageOf(error) };
  }
}

function read(books: Database, question: SlowQuestion): unknown {
  if (question.kind === 'days') return createDayView(books).days(question.count, question.nowMs);
  return books.transaction(() => readForecast(books, question))();
}

function readForecast(
  books: Database,
  asked: Extract<SlowQuestion, { kind: 'forecast' }>,
): MoneyForecast {
  const { account, floor, nowMs: untilMs } = asked;
  const views = createLedgerViews(books);
  const sinceMs = Math.max(untilMs - asked.days * DAY_MS, views.begunMs() ?? untilMs);
  const profitAndLoss = createProfitView(books).profitAndLoss(sinceMs);
  const wallet = views.account(walletOf(account))?.availableDatoshi ?? 0n;
  const earned = views.account(earnedOf(account))?.postedDatoshi ?? 0n;
  const { spent, result } = profitAndLoss;
  const periodMs = untilMs - sinceMs;
  const told = forecast({ wallet, earned, floor, spent, result, periodMs });
  return { sinceMs, untilMs, wallet, floor, earned, forecast: told, profitAndLoss };
}
