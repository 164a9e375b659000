import type { Datoshi } from '../base/datoshi.js';
import type { SpendKind } from '../base/spend-kind.js';
import type { Database } from '../storage/database.js';

/**
 * What the node pays and nobody gives back.
 * - `refunds`, `collections`, `key changes`, `orders`: transactions for nobody's answer
 * - `price rounds`: what they cost beyond what sponsors of their feeds were charged
 * - `faults`: transactions that FAULTed, less what was claimed of them; negative in a period that
 *   claimed what an earlier one lost
 * - `cut at maxFee`: what an answer cost beyond its request's maxFee
 * - `above the ceiling`: network fee that requests bear no more of, and the rounding of its shares
 * - `skipped answers`: shares of answers that somebody else gave first
 * - `differences`: what an answer was charged otherwise than predicted; below or above zero
 * - `elsewhere`: what answers and runs cost beyond their charge in transactions that this database
 *   did not send, and what of those did nothing that is on the books
 */
export const OWN_COST_CAUSES = [
  'refunds',
  'collections',
  'key changes',
  'orders',
  'price rounds',
  'faults',
  'cut at maxFee',
  'above the ceiling',
  'skipped answers',
  'differences',
  'elsewhere',
] as const;
export type OwnCostCause = (typeof OWN_COST_CAUSES)[number];

/** What one kind of work brought in, and what it cost. Amounts in datoshi. */
export interface KindResult {
  /** `elsewhere`: spent by transactions of which neither this database nor the chain tells more. */
  readonly kind: SpendKind | 'elsewhere';
  /** Answers, runs and rounds that somebody was charged for. */
  readonly answers: number;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
  /** System and network fees of its share in transactions that are in blocks. */
  readonly spent: Datoshi;
  /** fee + lost + premium - spent */
  readonly result: Datoshi;
}

/**
 * The identity, to the datoshi: charged.fee + charged.lost + charged.premium + ownCost =
 * spent + charged.premium. So result = charged.premium - ownCost.
 */
export interface ProfitAndLoss {
  /** What was booked from this time on; null: since the books began. */
  readonly sinceMs: number | null;
  /** By kind, only those that have figures. */
  readonly kinds: readonly KindResult[];
  /** Every cause, in the order of OWN_COST_CAUSES. */
  readonly ownCosts: readonly { readonly cause: OwnCostCause; readonly amount: Datoshi }[];
  readonly charged: { readonly fee: Datoshi; readonly lost: Datoshi; readonly premium: Datoshi };
  /** System and network fees of all of the node's transactions in blocks. */
  readonly spent: Datoshi;
  readonly ownCost: Datoshi;
  readonly result: Datoshi;
}

export type ProfitView = ReturnType<typeof createProfitView>;

/**
 * Fees that left own wallets, and what own accounts were paid, by transaction and request: for
 * answers, for runs of upkeeps, whose ids are of the same counter, and for price rounds, which are
 * nobody's request.
 */
const BOOKED = `WITH
  paid AS MATERIALIZED (SELECT b.tx AS tx, SUM(b.amount) AS amount,
      MAX(f.id IS NOT NULL) AS is_fault
    FROM ledger_transfer AS b LEFT JOIN ledger_transfer AS f ON f.id = b.tx || ':faulted'
    WHERE b.credit = 'burnt' AND substr(b.debit, 1, 7) = 'wallet:'
      AND b.phase IN ('single', 'post') AND b.at_ms >= @since GROUP BY b.tx),
  own AS (SELECT 'earned:' || substr(id, 8) AS account FROM ledger_account
    WHERE substr(id, 1, 7) = 'wallet:'),
  charge AS MATERIALIZED (SELECT tx, request_id, COUNT(*) AS transfers, MIN(rowid) AS first_row,
      SUM(CASE cause WHEN 'fee' THEN amount ELSE 0 END) AS fee,
      SUM(CASE cause WHEN 'lost' THEN amount ELSE 0 END) AS lost,
      SUM(CASE cause WHEN 'premium' THEN amount ELSE 0 END) AS premium
    FROM ledger_transfer WHERE credit IN (SELECT account FROM own)
      AND cause IN ('fee', 'lost', 'premium') AND at_ms >= @since GROUP BY tx, request_id)`;

/** The kind of a charge, its request and upkeep beside it. */
const KIND = "CASE WHEN c.request_id IS NULL THEN 'price' ELSE COALESCE(r.kind, 'upkeep') END";

/**
 * What transactions were for that this database did not send, so far as the chain tells: they are
 * of before it was made anew, or of another node with the same key. An answer, a run and a round
 * are worth what was charged for them; what a transaction cost beyond that is told of the first
 * that its maxFee cut, else of the first. Of a FAULT the nonce tells, as it does to the gateway,
 * for whose answer or run it was. So it is what shares would say, but where several were cut, or
 * skipped. `elsewhere` is what did nothing that is on the books.
 */
const DERIVED = `unknown AS MATERIALIZED (SELECT p.tx, p.amount, p.is_fault FROM paid AS p
    WHERE NOT EXISTS (SELECT 1 FROM spend_share AS s WHERE s.tx = p.tx)),
  worth AS MATERIALIZED (SELECT c.tx, c.fee, ${KIND} AS kind, SUM(c.fee) OVER of_tx AS all_fees,
      ROW_NUMBER() OVER (of_tx ORDER BY
        c.fee + c.lost + c.premium >= COALESCE(r.max_fee, l.max_fee) DESC, c.first_row) AS place
    FROM charge AS c JOIN unknown AS u ON u.tx = c.tx
    LEFT JOIN request AS r ON r.id = c.request_id
    LEFT JOIN upkeep_lock AS l ON l.id = c.request_id WINDOW of_tx AS (PARTITION BY c.tx)),
  beside AS MATERIALIZED (SELECT tx, MIN(CASE cause WHEN 'refund' THEN 'expire'
      WHEN 'collect' THEN 'collect' ELSE 'order' END) AS kind
    FROM ledger_transfer WHERE at_ms >= @since AND (cause = 'refund'
      OR cause = 'collect' AND debit IN (SELECT account FROM own)
      OR cause = 'deposit' AND substr(debit, 1, 7) = 'wallet:'
      OR cause = 'withdrawal' AND 'earned:' || substr(debit, 8) IN (SELECT account FROM own))
    GROUP BY tx),
  fault AS (SELECT f.tx, COALESCE(r.kind, CASE WHEN l.id IS NOT NULL THEN 'upkeep' END) AS kind
    FROM own_fault AS f LEFT JOIN request AS r ON r.id = f.nonce AND r.created_block < f.block
      AND (r.ended_block IS NULL OR r.ended_block >= f.block)
    LEFT JOIN upkeep_lock AS l ON l.id = f.nonce),
  derived AS MATERIALIZED (SELECT w.tx, w.kind, w.fee + CASE WHEN w.place = 1
      THEN u.amount - w.all_fees ELSE 0 END AS amount FROM worth AS w JOIN unknown AS u USING (tx)
    UNION ALL SELECT u.tx, COALESCE(f.kind, b.kind, 'elsewhere'), u.amount FROM unknown AS u
    LEFT JOIN fault AS f ON f.tx = u.tx AND u.is_fault = 1
    LEFT JOIN beside AS b ON b.tx = u.tx AND u.is_fault = 0
    WHERE u.tx NOT IN (SELECT tx FROM worth))`;

/** Reads what the node earns and what it pays itself. Works on a read-only database. */
export function createProfitView(db: Database) {
  const charges = db.prepare(`${BOOKED}
    SELECT ${KIND} AS kind,
      SUM(CASE WHEN c.request_id IS NULL THEN c.transfers ELSE 1 END) AS answers,
      SUM(c.fee) AS fee, SUM(c.lost) AS lost, SUM(c.premium) AS premium
    FROM charge AS c LEFT JOIN request AS r ON r.id = c.request_id GROUP BY 1`);
  const spending = db.prepare(`${BOOKED}, ${DERIVED}
    SELECT kind, SUM(amount) AS spent FROM (
      SELECT s.kind, s.amount FROM paid AS p JOIN spend_share AS s ON s.tx = p.tx
      UNION ALL SELECT kind, amount FROM derived) GROUP BY kind`);
  const byPurpose = db.prepare(`${BOOKED}, ${DERIVED},
    charged AS MATERIALIZED (SELECT tx, SUM(fee) AS fee FROM charge GROUP BY tx),
    told AS (SELECT tx, MIN(kind) AS purpose FROM derived
      WHERE kind IN ('expire', 'collect', 'order', 'price') GROUP BY tx)
    SELECT COALESCE(t.purpose, d.purpose, 'elsewhere') AS purpose, p.is_fault AS is_fault,
      SUM(p.amount) AS paid, SUM(COALESCE(c.fee, 0)) AS fee
    FROM paid AS p LEFT JOIN sent_transaction AS t ON t.hash = p.tx
    LEFT JOIN told AS d ON d.tx = p.tx
    LEFT JOIN charged AS c ON c.tx = p.tx GROUP BY 1, 2`);
  const answering = db.prepare(`${BOOKED},
    predicted AS (SELECT q.tx, COUNT(*) AS answers, COUNT(c.tx) AS answered,
        SUM(q.uncut_fee) AS uncut, COALESCE(SUM(c.fee), 0) AS fee,
        SUM(CASE WHEN q.uncut_fee > q.fee AND c.tx IS NOT NULL THEN q.uncut_fee - c.fee
          ELSE 0 END) AS cut
      FROM paid AS p JOIN prediction AS q ON q.tx = p.tx AND p.is_fault = 0
      LEFT JOIN charge AS c ON c.tx = q.tx AND c.request_id = q.request_id GROUP BY q.tx)
    SELECT COALESCE(SUM(cut), 0) AS cut, COALESCE(SUM(p.amount - uncut), 0) AS ceiling,
      COALESCE(SUM(CASE WHEN answered < answers THEN uncut - fee - cut ELSE 0 END), 0) AS skipped
    FROM predicted AS d JOIN paid AS p ON p.tx = d.tx`);

  return {
    /** @param sinceMs what was booked from this time on; null: since the books began */
    profitAndLoss(sinceMs: number | null): ProfitAndLoss {
      const since = { since: BigInt(Math.round(sinceMs ?? 0)) };
      // One read: figures of different blocks would not add up.
      const read = db.transaction(() => ({
        charges: charges.all(since) as ChargeRow[],
        spending: spending.all(since) as { kind: KindResult['kind']; spent: Datoshi }[],
        purposes: byPurpose.all(since) as PurposeRow[],
        answering: answering.get(since) as AnsweringRow,
      }));
      const rows = read();
      const kinds = kindResults(rows.charges, rows.spending);
      const total = (pick: (kind: KindResult) => Datoshi): Datoshi =>
        kinds.reduce((sum, kind) => sum + pick(kind), 0n);
      const charged = {
        fee: total(({ fee }) => fee),
        lost: total(({ lost }) => lost),
        premium: total(({ premium }) => premium),
      };
      const costs = ownCosts(rows.purposes, rows.answering, charged.lost);
      const list = OWN_COST_CAUSES.map((cause) => ({ cause, amount: costs[cause] }));
      const ownCost = list.reduce((sum, { amount }) => sum + amount, 0n);
      const spent = total((kind) => kind.spent);
      const result = charged.fee + charged.lost + charged.premium - spent;
      return { sinceMs, kinds, ownCosts: list, charged, spent, ownCost, result };
    },
  };
}

interface ChargeRow {
  readonly kind: SpendKind;
  readonly answers: bigint;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

interface PurposeRow {
  readonly purpose: string;
  readonly is_fault: bigint;
  readonly paid: Datoshi;
  readonly fee: Datoshi;
}

/** Of answers in blocks that were predicted. */
interface AnsweringRow {
  readonly cut: Datoshi;
  readonly ceiling: Datoshi;
  readonly skipped: Datoshi;
}

function kindResults(
  charges: readonly ChargeRow[],
  spending: readonly { kind: KindResult['kind']; spent: Datoshi }[],
): KindResult[] {
  const kinds = [...new Set([...charges, ...spending].map(({ kind }) => kind))].sort();
  return kinds.map((kind) => {
    const found = charges.find((row) => row.kind === kind);
    const { answers = 0n, fee = 0n, lost = 0n, premium = 0n } = found ?? {};
    const spent = spending.find((row) => row.kind === kind)?.spent ?? 0n;
    const result = fee + lost + premium - spent;
    return { kind, answers: Number(answers), fee, lost, premium, spent, result };
  });
}

const CAUSE_OF_PURPOSE: Readonly<Record<string, OwnCostCause>> = {
  expire: 'refunds',
  collect: 'collections',
  key: 'key changes',
  order: 'orders',
  price: 'price rounds',
  elsewhere: 'elsewhere',
};

function ownCosts(
  purposes: readonly PurposeRow[],
  { cut, ceiling, skipped }: AnsweringRow,
  lost: Datoshi,
): Record<OwnCostCause, Datoshi> {
  const costs = Object.fromEntries(OWN_COST_CAUSES.map((cause) => [cause, 0n])) as Record<
    OwnCostCause,
    Datoshi
  >;
  for (const { purpose, is_fault: isFault, paid, fee } of purposes) {
    costs[isFault === 1n ? 'faults' : (CAUSE_OF_PURPOSE[purpose] ?? 'differences')] += paid - fee;
  }
  // Whatever was claimed of a FAULT is its request's cost, not the node's.
  costs.faults -= lost;
  costs['cut at maxFee'] = cut;
  costs['above the ceiling'] = ceiling;
  costs['skipped answers'] = skipped;
  costs.differences -= cut + ceiling + skipped;
  return costs;
}
