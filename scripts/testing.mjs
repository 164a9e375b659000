/**
 * `dodona/testing`: a private Neo network with a gateway and a node, for the tests of a contract in
 * a project of its own. Types and what each part does are in testing.d.mts.
 */
import { parseGas } from '../dist/base/datoshi.js';
import { startAuthorsDevnet } from '../dist/devnet/authors-devnet.js';
import { ensureNeoGo } from './ensure/neo-go.mjs';

export { parseGas as gas };

export const startDevnet = (options = {}) =>
  startAuthorsDevnet({ neoGo: () => ensureNeoGo(), ...options });
