import type { Wire } from '../api/json-text.js';
import type { NodeStatus } from '../api/node-status.js';
import type { RequestPage } from '../api/request-page.js';
import type { RequestExplanation, RequestQuery } from '../requests/request-view.js';

/** What can be seen of a node, live or stored, in the form that `--json` prints. */
export interface NodeView {
  status(): Promise<Wire<NodeStatus>>;
  requests(query: RequestQuery): Promise<Wire<RequestPage>>;
  /** Null when there is no such request. */
  explain(id: bigint): Promise<Wire<RequestExplanation> | null>;
}

/** The view of a database. */
export interface StoredView extends NodeView {
  close(): void;
}

/** Where what is shown comes from. */
export interface ViewSource {
  readonly from: 'node' | 'database';
  /** Why it is not from the node; null when it is. */
  readonly why: string | null;
}
