import type { Route } from '../../src/api/route.js';
import { hash160Of } from './request-book.js';

export const OWNER = hash160Of(0xaa);
/** A feed, as far as routes look at it. */
export const PAIR = 'GAS/USD';

const EXAMPLES: Readonly<Record<string, string>> = {
  base: 'GAS',
  quote: 'USD',
  owner: OWNER,
  name: 'API_KEY',
  requester: hash160Of(0xcc),
  use: 'web',
};

/** A path of a route, with an example for each parameter, or what is given. */
export const pathOf = (route: Route, given: Readonly<Record<string, string>> = {}): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const isKey = name === 'id' && route.path.startsWith('/v1/api-keys/');
    return given[name] ?? EXAMPLES[name] ?? (isKey ? '0123456789ab' : '1');
  });
