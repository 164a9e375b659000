import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, fail, ok, warning } from '../finding.js';
import type { FindNode } from '../service/database.js';
import type { HostFacts } from './host-facts.js';
import { limitsHere } from './process-limits.js';
import { sizeText } from './size-text.js';

const MIB = 1_048_576;
/** Program, caches, database and what is under way. */
const BASE_BYTES = 512 * MIB;
/** The heap of a filter's thread, at most. */
const FILTER_BYTES = 128 * MIB;
/** A function's heap, twice, and what its thread needs besides. */
const FUNCTION_BYTES = 96 * MIB;

/** What a node may take with everything in use at once. */
const mostBytes = ({ filters, functions }: Pick<NodeConfig, 'filters' | 'functions'>): number =>
  BASE_BYTES +
  filters.workers * FILTER_BYTES +
  functions.workers * FUNCTION_BYTES +
  functions.maxParkedBytes;

export const memoryCheck = (
  host: HostFacts,
  config: Pick<NodeConfig, 'filters' | 'functions'>,
  find: FindNode,
): Check =>
  check('host.memory', async () => {
    const { memoryBytes, whose } = await limitsHere(host, find);
    const most = mostBytes(config);
    if (memoryBytes >= most) return ok(`${sizeText(memoryBytes)} ${whose}, it takes less`);
    const trouble = {
      expected: `${sizeText(most)} for all that may be in use at once`,
      found: `${sizeText(memoryBytes)} ${whose}`,
      fix: 'Give it more, or lower functions.maxParkedMemory, functions.workers, filters.workers.',
    };
    return memoryBytes < BASE_BYTES ? fail(trouble) : warning(trouble);
  });
