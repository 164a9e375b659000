import type { Route } from './route.js';
import { ACCESS_ROUTES } from './routes/access-routes.js';
import { AUDIT_ROUTES } from './routes/audit-routes.js';
import { documentRoute } from './routes/document-route.js';
import { MONEY_ROUTES } from './routes/money-routes.js';
import { NODE_ROUTES } from './routes/node-routes.js';
import { OWNER_ROUTES } from './routes/owner-routes.js';
import { PRICE_ROUTES } from './routes/price-routes.js';
import { REQUEST_ROUTES } from './routes/request-routes.js';
import { SECRET_CHANGE_ROUTES } from './routes/secret-change-routes.js';
import { UPKEEP_ROUTES } from './routes/upkeep-routes.js';

const ROUTES_BUT_ONE: readonly Route[] = [
  ...NODE_ROUTES,
  ...ACCESS_ROUTES,
  ...REQUEST_ROUTES,
  ...OWNER_ROUTES,
  ...SECRET_CHANGE_ROUTES,
  ...MONEY_ROUTES,
  ...PRICE_ROUTES,
  ...UPKEEP_ROUTES,
  ...AUDIT_ROUTES,
];

/** Every route of the versioned API. */
export const ROUTES: readonly Route[] = [...ROUTES_BUT_ONE, documentRoute(ROUTES_BUT_ONE)];
