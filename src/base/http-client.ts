import { createRequire } from 'node:module';
import type { Client, Pool } from 'undici';

const require = createRequire(import.meta.url);

/*
 * Undici's client costs a fraction of Node's own. By its files: the package as a whole puts itself
 * behind the fetch() of the process, too, and takes three times as long to load.
 */

/** One connection at a time to one server. */
export const HttpClient = require('undici/lib/dispatcher/client.js') as typeof Client;

/** Several of them. */
export const HttpPool = require('undici/lib/dispatcher/pool.js') as typeof Pool;
