import type { Route } from './route.js';
import type {
  Alert,
  Balance,
  Day,
  Feed,
  Forecast,
  Page,
  Poll,
  RequestItem,
  RequestLife,
  Status,
  UpkeepItem,
} from './wire.js';

/** What is shown, by name; each is asked for by a path of its own. */
export interface Resources {
  readonly status: Status;
  readonly alerts: { readonly items: readonly Alert[] };
  /** The newest ones, for the stages. */
  readonly flow: Page<RequestItem>;
  readonly requests: Page<RequestItem>;
  readonly life: RequestLife;
  readonly feeds: { readonly items: readonly Feed[] };
  /** Latest polls of the first feed's pair and on, by pair. */
  readonly polls: Readonly<Record<string, readonly Poll[]>>;
  readonly upkeeps: Page<UpkeepItem>;
  readonly balance: Balance;
  readonly forecast: Forecast;
  readonly days: { readonly items: readonly Day[] };
}
export type ResourceName = keyof Resources;

/** A resource as it was last told. What went wrong since then stands beside it. */
export interface Loaded<T> {
  readonly value: T | null;
  readonly problem: string | null;
  readonly atMs: number;
}

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly sinceMs: number };

export type Session =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'open' }
  /** `problem`: why a link did not sign in; null where none was used. */
  | { readonly kind: 'closed'; readonly problem: string | null };

export type Theme = 'auto' | 'light' | 'dark';

export interface PageState {
  readonly route: Route;
  readonly session: Session;
  readonly connection: Connection;
  readonly theme: Theme;
  readonly nowMs: number;
  readonly loaded: { readonly [Name in ResourceName]?: Loaded<Resources[Name]> };
  /** Further pages of requests, beyond the first. */
  readonly older: Page<RequestItem> | null;
  /** What was copied last, for a moment. */
  readonly copied: string | null;
  /** Place in the chart that is read out; null: the last one. */
  readonly chartAt: number | null;
}

/** What a reader does. */
export interface Actions {
  go(route: Route): void;
  copy(text: string): void;
  cycleTheme(): void;
  showOlder(): void;
  readChartAt(place: number): void;
  signOut(): void;
  retry(): void;
}

export interface Props {
  readonly state: PageState;
  readonly actions: Actions;
}
