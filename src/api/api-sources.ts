import type { z } from 'zod';
import { createAuditStore } from '../audit/audit-store.js';
import { createUpkeepViews } from '../automation/upkeep-view-store.js';
import type { Hash160 } from '../base/hash.js';
import type { FeedConfig } from '../config/feed-config.js';
import { createEvidenceStore } from '../evidence/evidence-store.js';
import { createLedgerViews } from '../gasbank/ledger-view-store.js';
import { createPollStore } from '../prices/poll-store.js';
import { createRoundStore } from '../prices/round-store.js';
import { createRequestViews } from '../requests/request-view-store.js';
import type { Database } from '../storage/database.js';
import type { HandedOver } from '../vault/handed-over.js';
import type { SecretDesk } from '../vault/secret-desk.js';
import { createVaultStore } from '../vault/vault-store.js';
import type { ApiKeys } from './api-keys.js';
import type { EventFeed } from './event-feed.js';
import type { NodeStatus, Readiness } from './node-status.js';
import type { functionShape } from './shapes/function-shape.js';
import type { keysShape } from './shapes/keys-shape.js';
import type { SignIn } from './sign-in.js';
import type { SlowReads } from './slow-reads.js';

/** Where the answers come from. Each may be asked at any time; none changes anything. */
export interface ApiSources {
  /** Of the program. */
  readonly version: string;
  readiness(): Readiness | Promise<Readiness>;
  status(): NodeStatus | Promise<NodeStatus>;
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  readonly reads: ApiReads;
  /** The books as a whole, read in a thread. */
  readonly money: Pick<SlowReads, 'forecast' | 'days'>;
  readonly feeds: readonly FeedConfig[];
  /** Functions at the gateway from an id on, by their ids. */
  functions(from: bigint, count: number, signal: AbortSignal): Promise<FunctionView[]>;
  /** Public parts. */
  keys(): Promise<z.input<typeof keysShape>>;
  readonly events: EventFeed;
  readonly apiKeys: ApiKeys;
  readonly signIn: SignIn;
  /** Where secrets are set and given out. */
  readonly secrets: SecretDesk;
  /** Opens what an owner encrypted for this node. Rejects with a NodeError SECRET_SEALED. */
  unseal(text: string): Promise<HandedOver>;
}

export type FunctionView = z.input<typeof functionShape> & { readonly owner: Hash160 };

export type ApiReads = ReturnType<typeof createApiReads>;

/** What is read from the database; it may be opened for reading only. */
export const createApiReads = (db: Database) => ({
  requests: createRequestViews(db),
  evidence: createEvidenceStore(db),
  upkeeps: createUpkeepViews(db),
  ledger: createLedgerViews(db),
  polls: createPollStore(db),
  rounds: createRoundStore(db),
  audit: createAuditStore(db),
  secrets: createVaultStore(db),
});
