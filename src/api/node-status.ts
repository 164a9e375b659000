import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { RequestState } from '../requests/request-machine.js';

/** Whether the node can answer requests now. */
export interface Readiness {
  readonly ready: boolean;
  /** One sentence for each thing that is missing; empty when ready. */
  readonly reasons: readonly string[];
}

export interface EndpointStatus {
  /** Scheme, host and port. */
  readonly endpoint: string;
  readonly healthy: boolean;
  /** Index of its latest block. */
  readonly height: number | null;
  /** Why it is not used; null while it is. */
  readonly why: string | null;
}

export interface WalletStatus {
  readonly account: Hash160;
  readonly address: string;
  readonly balanceDatoshi: Datoshi | null;
  /** No transaction takes the balance below this. */
  readonly floorDatoshi: Datoshi;
  /** Below this the operator is warned. */
  readonly warningDatoshi: Datoshi;
}

/** An account of which books and chain tell different balances. */
export interface DifferenceStatus {
  /** Of the ledger, e.g. `credit:0x…`, or `gateway` for all the GAS that it holds. */
  readonly account: string;
  readonly ledgerDatoshi: Datoshi;
  readonly chainDatoshi: Datoshi;
  /** Last block at which both are known to have agreed. */
  readonly agreedBlock: number | null;
  /** First block at which they are known to differ. */
  readonly firstBlock: number;
}

/** How the books stand to the chain. */
export interface BooksStatus {
  /** Last block at which all accounts were held against the chain and agreed. */
  readonly agreedBlock: number | null;
  readonly agreedAtMs: number | null;
  readonly accounts: number | null;
  /** Why nothing is spent; null while it may be. */
  readonly stopped: string | null;
  readonly differences: readonly DifferenceStatus[];
}

/** What the gas bank holds back, and how much may still be spent. */
export interface SpendingStatus {
  /** Work that waits, by what holds it: budget, floor, loss, signer or stopped. */
  readonly held: readonly {
    readonly cause: string;
    readonly reason: string;
    /** When it is tried again. */
    readonly untilMs: number;
  }[];
  /** By key of gasbank.budgets, for the node and for kinds; 1: all of it is used. */
  readonly budgets: readonly { readonly key: string; readonly used: number }[];
  /** Requesters whose answers are kept, since their callbacks brought transactions down. */
  readonly inboxOnly: readonly {
    readonly requester: Hash160;
    readonly untilMs: number;
    readonly reason: string;
  }[];
}

/** The signer in another process that has the node account's key. */
export interface SignerStatus {
  readonly isUp: boolean;
  /** Since when it is so. */
  readonly sinceMs: number;
  /** Why it is not up; null while it is. */
  readonly problem: string | null;
  /** Fees, and GAS that was moved, within its last hour; null before it answered. */
  readonly spentDatoshi: Datoshi | null;
  /** Its policy.maxPerHour. */
  readonly maxPerHourDatoshi: Datoshi | null;
  /** The last transaction that it would not sign. */
  readonly lastRefusal: {
    readonly atMs: number;
    readonly reason: string;
    readonly message: string;
  } | null;
}

/** How the node stands to random numbers. */
export interface RandomStatus {
  /** Of the key that new requests are made under; 0 before there is one. */
  readonly keyId: bigint;
  /** 16 hex digits; null before there is one. */
  readonly publicKeyId: string | null;
  /** Whether this node holds its secret. */
  readonly isHeld: boolean;
  /** Keys in this node's file, present and former ones. */
  readonly keysHeld: number;
  /** Why the file cannot be read; null when it can. */
  readonly problem: string | null;
}

/** A price feed of the configuration, on the chain and by its last poll. */
export interface FeedStatus {
  readonly pair: string;
  /** False where it is only asked to convert others. */
  readonly isPublished: boolean;
  /** Its latest round on the chain; null: none yet. The price has 8 decimals. */
  readonly latest: { readonly round: bigint; readonly price: string } | null;
  /** From the time of that round's sources until now. */
  readonly ageMs: number | null;
  readonly heartbeatMs: number;
  /** Whether its sources agreed; null before they were asked. */
  readonly hasQuorum: boolean | null;
  /** Whether the breaker holds a jump until a second poll confirms it. */
  readonly isHeld: boolean;
  /** What the last poll led to; null before it. */
  readonly why: string | null;
}

/** What vouches for the node, and since when. */
export interface AttestationStatus {
  /** As attestation.provider names it. */
  readonly provider: string;
  /** The last one that was made; null before the first. */
  readonly last: { readonly madeAtMs: number; readonly blockIndex: number } | null;
  /** Why the last one cannot be read; null when it can, or when there is none. */
  readonly problem: string | null;
}

/** Something that went wrong lately. Nothing secret is in it. */
export interface TroubleStatus {
  readonly atMs: number;
  readonly level: 'error' | 'warn';
  readonly message: string;
  readonly requestId: bigint | null;
}

/** An alert of the node's own that fires. */
export interface AlertStatus {
  /** Its name in src/alerts/alert-table.ts, in the rules for Prometheus, and in the runbook. */
  readonly alert: string;
  readonly severity: 'critical' | 'warning';
  readonly area: string;
  readonly summary: string;
  /** What it is about, e.g. `{"endpoint": "http://…"}`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly sinceMs: number;
  /** Place in the documents. */
  readonly runbook: string;
}

/** What an operator wants to know first. From the database alone, what a node knows is null. */
export interface NodeStatus {
  readonly version: string;
  /** Null when nobody runs. */
  readonly startedAtMs: number | null;
  readonly magic: number;
  readonly gateway: Hash160;
  readonly readiness: Readiness | null;
  readonly chain: {
    /** Index of the network's latest block. */
    readonly height: number | null;
    /** Index of the last block whose events are in the database; null before the first. */
    readonly processed: number | null;
    readonly lagBlocks: number | null;
    /** When the last new block was seen. */
    readonly latestBlockAtMs: number | null;
  };
  readonly endpoints: readonly EndpointStatus[];
  readonly queue: Readonly<Partial<Record<RequestState, number>>>;
  /** Block time of the oldest request that has not ended. */
  readonly oldestOpenAtMs: number | null;
  readonly wallet: WalletStatus | null;
  /** Null where the node has its key itself, and when nobody runs. */
  readonly signer: SignerStatus | null;
  /** Credit of all accounts at the gateway. */
  readonly creditHeldDatoshi: Datoshi | null;
  /** Earned by this node's account and not yet collected. */
  readonly earnedDatoshi: Datoshi | null;
  readonly books: BooksStatus;
  /** Null when nobody runs. */
  readonly spending: SpendingStatus | null;
  /** Null when nobody runs. */
  readonly random: RandomStatus | null;
  /** Null when nobody runs. */
  readonly prices: readonly FeedStatus[] | null;
  readonly attestation: AttestationStatus;
  /** The worst first; as they were left, when nobody runs. */
  readonly alerts: readonly AlertStatus[];
  /** Newest first. */
  readonly recentTrouble: readonly TroubleStatus[];
}
