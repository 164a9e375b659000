/**
 * What the API answers, as far as the page shows it. The page is compiled for browsers and imports
 * nothing of the node: a test holds these types against the API's own shapes.
 */

/** Amounts are decimal texts of datoshi, times ISO texts in UTC, ids decimal texts. */
export interface Status {
  readonly version: string;
  readonly startedAt: string | null;
  readonly network: {
    readonly magic: number;
    readonly gateway: string;
    readonly height: number | null;
    readonly processed: number | null;
    readonly lagBlocks: number | null;
    readonly latestBlockAt: string | null;
  };
  readonly isReady: boolean;
  readonly reasons: readonly string[];
  readonly queue: Readonly<Record<string, number>>;
  readonly oldestOpenAt: string | null;
  readonly wallet: {
    readonly account: string;
    readonly address: string;
    readonly balanceDatoshi: string | null;
    readonly floorDatoshi: string;
    readonly warningDatoshi: string;
  } | null;
  readonly creditHeldDatoshi: string | null;
  readonly earnedDatoshi: string | null;
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly isHealthy: boolean;
    readonly height: number | null;
    readonly why: string | null;
  }[];
  readonly books: {
    readonly agreedBlock: number | null;
    readonly agreedAt: string | null;
    readonly accounts: number | null;
    readonly stopped: string | null;
  };
  readonly spending: {
    readonly held: readonly { readonly cause: string; readonly reason: string }[];
    readonly budgets: readonly { readonly key: string; readonly used: number }[];
  } | null;
  readonly random: {
    readonly keyId: string;
    readonly publicKeyId: string | null;
    readonly isHeld: boolean;
  } | null;
  readonly recentTrouble: readonly Trouble[];
}

export interface Trouble {
  readonly at: string;
  readonly level: 'error' | 'warn';
  readonly message: string;
  readonly requestId: string | null;
}

export type RequestState =
  | 'received'
  | 'resolved'
  | 'sent'
  | 'stuck'
  | 'overdue'
  | 'expiring'
  | 'answered'
  | 'expired';

export interface RequestItem {
  readonly id: string;
  readonly kind: string;
  readonly state: RequestState;
  readonly requester: string;
  readonly payer: string;
  readonly subject: string;
  readonly filter: string;
  readonly maxFeeDatoshi: string;
  readonly createdBlock: number;
  readonly createdTx: string;
  readonly createdAt: string;
  readonly deadlineBlock: number;
  readonly attempts: number;
  readonly codeName: string | null;
  readonly resultBytes: number | null;
  readonly isDelivered: boolean | null;
  readonly feeDatoshi: string | null;
  readonly lostDatoshi: string | null;
  readonly premiumDatoshi: string | null;
  readonly endedBlock: number | null;
  readonly endedTx: string | null;
  readonly reason: string;
  readonly next: string;
}

export interface RequestStep {
  readonly at: string;
  readonly block: number | null;
  readonly tx: string | null;
  readonly what: string;
  readonly why: string | null;
  readonly feeDatoshi: string | null;
}

export interface RequestLife extends RequestItem {
  readonly steps: readonly RequestStep[];
  readonly logs: readonly string[];
}

/** Newest first; `next` is the cursor of the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Occurrence {
  readonly at: string | null;
  readonly block: number | null;
  readonly text: string;
}

export interface UpkeepItem {
  readonly id: string;
  readonly owner: string;
  readonly target: string;
  readonly method: string;
  readonly trigger: string;
  readonly triggerKind: string | null;
  readonly state: string;
  readonly reason: string;
  readonly next: string;
  readonly nextDue: Occurrence | null;
  readonly lastDue: Occurrence | null;
  readonly isFunded: boolean;
  readonly maxFeeDatoshi: string;
  readonly failures: number;
}

export interface Quote {
  readonly source: string;
  readonly group: string;
  readonly isAccepted: boolean;
  readonly verdict: string;
  readonly price: string | null;
  readonly at: string | null;
  readonly why: string | null;
}

export interface Poll {
  readonly id: string;
  readonly at: string;
  readonly price: string | null;
  readonly confidenceBps: number | null;
  readonly decision: string;
  readonly why: string;
  readonly sources: readonly Quote[];
}

export interface Round {
  readonly round: string;
  readonly price: string;
  readonly priceAt: string;
  readonly confidenceBps: number;
  readonly payer: string | null;
  readonly feeDatoshi: string;
  readonly block: number;
  readonly tx: string;
}

export interface Feed {
  readonly pair: string;
  readonly isPublished: boolean;
  readonly quorum: number;
  readonly deviationBps: number;
  readonly heartbeatSeconds: number;
  readonly pollIntervalSeconds: number;
  readonly latestPoll: Poll | null;
  readonly latestRound: Round | null;
}

export interface LedgerAccount {
  readonly account: string;
  readonly postedDatoshi: string;
  readonly inFlightDatoshi: string;
  readonly availableDatoshi: string;
}

export interface Balance {
  readonly block: number | null;
  readonly inFlightTransactions: number;
  readonly accounts: readonly LedgerAccount[];
}

export interface Forecast {
  readonly since: string;
  readonly until: string;
  readonly walletDatoshi: string;
  readonly floorDatoshi: string;
  readonly earnedDatoshi: string;
  readonly forecast: {
    readonly spentPerDayDatoshi: string;
    readonly resultPerDayDatoshi: string;
    readonly hoursLeft: number | null;
    readonly hoursLeftCollecting: number | null;
  } | null;
  readonly spentDatoshi: string;
  readonly resultDatoshi: string;
  readonly kinds: readonly {
    readonly kind: string;
    readonly answers: number;
    readonly feeDatoshi: string;
    readonly lostDatoshi: string;
    readonly premiumDatoshi: string;
    readonly spentDatoshi: string;
    readonly resultDatoshi: string;
  }[];
  readonly ownCosts: readonly { readonly cause: string; readonly amountDatoshi: string }[];
}

export interface Day {
  readonly day: string;
  readonly burntDatoshi: string;
  readonly incomeDatoshi: string;
}

export interface Alert {
  readonly code: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly detail: string;
  readonly since: string | null;
}

/** Names of the events that the node sends. */
export const EVENT_NAMES = ['block', 'request', 'poll', 'round', 'run', 'gap'] as const;
export type EventName = (typeof EVENT_NAMES)[number];
