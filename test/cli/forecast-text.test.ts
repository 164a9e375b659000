import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { type ForecastReport, reportText } from '../../src/cli/gasbank-forecast-command.js';
import { OWN_COST_CAUSES } from '../../src/gasbank/profit-view-store.js';
import { AT_MS, hash160Of } from '../api/request-book.js';
import { longestLine } from './command-line.js';

const DAY_MS = 86_400_000;
const gas = parseGas;

const REPORT: ForecastReport = {
  account: hash160Of(0),
  sinceMs: AT_MS - 7 * DAY_MS,
  untilMs: AT_MS,
  block: 1_000,
  walletDatoshi: gas('12.5'),
  floorDatoshi: gas('0.1'),
  earnedDatoshi: gas('3.00000001'),
  forecast: {
    periodMs: 7 * DAY_MS,
    spentPerDayDatoshi: gas('1.25'),
    resultPerDayDatoshi: -gas('0.00000007'),
    hoursLeft: 238,
    hoursLeftCollecting: null,
  },
  profitAndLoss: {
    sinceMs: AT_MS - 7 * DAY_MS,
    kinds: [
      {
        kind: 'expire',
        answers: 0,
        fee: 0n,
        lost: 0n,
        premium: 0n,
        spent: gas('0.5'),
        result: -gas('0.5'),
      },
      {
        kind: 'http',
        answers: 41,
        fee: gas('8'),
        lost: gas('0.25'),
        premium: gas('0.49999951'),
        spent: gas('8.25'),
        result: gas('0.49999951'),
      },
    ],
    ownCosts: OWN_COST_CAUSES.map((cause) => {
      return { cause, amount: cause === 'refunds' ? gas('0.5') : 0n };
    }),
    charged: { fee: gas('8'), lost: gas('0.25'), premium: gas('0.49999951') },
    spent: gas('8.75'),
    ownCost: gas('0.5'),
    result: -gas('0.00000049'),
  },
};

describe('the text of gasbank forecast', () => {
  it('tells how long the money lasts, and profit and loss to the datoshi', () => {
    assert.equal(
      reportText(REPORT),
      [
        'From 2024-12-26 03:04:05 to 2025-01-02 03:04:05 UTC (7 d), in GAS',
        '',
        'wallet     NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf, 12.50000000; it keeps 0.10000000',
        '           (gasbank.walletFloor)',
        'earned     3.00000001, not yet collected',
        'burn       1.25000000 of fees a day, -0.00000007 a day after what was charged',
        'lasts      9.9 days, if nothing is collected',
        '           for ever: what is charged pays for everything, if the earnings are always ' +
          'collected',
        '',
        'KIND    ANSWERS        FEES   LOST FEES    PREMIUMS       SPENT       RESULT',
        'expire        -  0.00000000  0.00000000  0.00000000  0.50000000  -0.50000000',
        'http         41  8.00000000  0.25000000  0.49999951  8.25000000   0.49999951',
        'all          41  8.00000000  0.25000000  0.49999951  8.75000000  -0.00000049',
        '',
        'What the node paid itself:',
        '        0.50000000  refunds after deadlines',
        '        0.50000000  in all',
        '',
        'Result: premiums 0.49999951 less 0.50000000 = -0.00000049 GAS',
      ].join('\n'),
    );
  });

  it('says so where the books are too young, and where nothing was spent', () => {
    const young = reportText({ ...REPORT, sinceMs: AT_MS - 60_000, forecast: null });
    assert.match(young, /^lasts {6}the books tell of 1 min only: come back in an hour$/m);
    const none = OWN_COST_CAUSES.map((cause) => ({ cause, amount: 0n }));
    const { profitAndLoss } = REPORT;
    const idle = { ...profitAndLoss, ownCosts: none, ownCost: 0n };
    assert.match(
      reportText({ ...REPORT, profitAndLoss: idle }),
      /^The node paid nothing itself\.$/m,
    );
  });

  it('keeps to 100 columns with large amounts', () => {
    const large = gas('123456789.12345678');
    const [, http] = REPORT.profitAndLoss.kinds;
    assert.ok(http, 'a kind');
    const kinds = [{ ...http, fee: large, spent: large, result: -large }];
    const text = reportText({ ...REPORT, profitAndLoss: { ...REPORT.profitAndLoss, kinds } });
    assert.equal(longestLine(text) <= 100, true, text);
  });
});
