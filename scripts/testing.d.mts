import type { AuthorsDevnet, AuthorsDevnetOptions } from '../dist/devnet/authors-devnet.js';

export type * from '../dist/devnet/authors-devnet.js';
export type { ChainEvent, SeenEvent } from '../dist/devnet/chain-watch.js';
export type { VmArgument, VmValue } from '../dist/devnet/vm-value.js';
export type {
  SourceAnswer,
  SourceRequest,
  SourceRoutes,
  WebSource,
} from '../dist/devnet/web-source.js';

/** An amount of GAS in datoshi: gas('1.5') is 150000000n. Throws a RangeError on anything else. */
export function gas(amount: string): bigint;

/**
 * Starts a private network, a gateway and a node, in a few seconds. neo-go is $NEO_GO, the one on
 * the PATH or in the cache, or is downloaded or built; `neoGo` may answer another path.
 */
export function startDevnet(
  options?: Partial<Pick<AuthorsDevnetOptions, 'neoGo'>> & Omit<AuthorsDevnetOptions, 'neoGo'>,
): Promise<AuthorsDevnet>;
