import type { z } from 'zod';
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
} from '../../../src/api/console/page/wire.js';
import type { alertsShape } from '../../../src/api/shapes/alert-shape.js';
import type {
  balanceShape,
  daysShape,
  forecastShape,
} from '../../../src/api/shapes/money-shape.js';
import type { feedsShape, pollPageShape } from '../../../src/api/shapes/price-shape.js';
import type { requestLifeShape, requestPageShape } from '../../../src/api/shapes/request-shape.js';
import type { statusShape } from '../../../src/api/shapes/status-shape.js';
import type { upkeepPageShape } from '../../../src/api/shapes/upkeep-shape.js';

/**
 * No test runs this: it compiles only while what the API answers is what the console page, which
 * imports nothing of the node, takes it for.
 */
export interface PageWire {
  status(told: z.output<typeof statusShape>): Status;
  alerts(told: z.output<typeof alertsShape>): { readonly items: readonly Alert[] };
  requests(told: z.output<typeof requestPageShape>): Page<RequestItem>;
  life(told: z.output<typeof requestLifeShape>): RequestLife;
  feeds(told: z.output<typeof feedsShape>): { readonly items: readonly Feed[] };
  polls(told: z.output<typeof pollPageShape>): Page<Poll>;
  upkeeps(told: z.output<typeof upkeepPageShape>): Page<UpkeepItem>;
  balance(told: z.output<typeof balanceShape>): Balance;
  forecast(told: z.output<typeof forecastShape>): Forecast;
  days(told: z.output<typeof daysShape>): { readonly items: readonly Day[] };
}

export const PAGE_WIRE: PageWire = {
  status: (told) => told,
  alerts: (told) => told,
  requests: (told) => told,
  life: (told) => told,
  feeds: (told) => told,
  polls: (told) => told,
  upkeeps: (told) => told,
  balance: (told) => told,
  forecast: (told) => told,
  days: (told) => told,
};
