import { LAYERS } from '../../test/tidy/layer-rules.js';
import { code, markdownTable } from './markdown.js';

/** What a folder of src/ holds, in a few words. */
const HOLDS: Readonly<Record<string, string>> = {
  base: 'bytes and hashes, amounts in datoshi, clock, errors, outcomes',
  config: 'the schema of the configuration and its loader',
  telemetry: 'logs and metrics',
  storage: 'SQLite, its migrations, the lock of the directory',
  net: 'guarded fetch',
  filters: 'JSONPath in threads',
  sandbox: 'functions of strangers in QuickJS, in threads',
  vrf: 'proofs of random numbers, in a thread',
  chain: 'JSON-RPC, blocks, transactions, the gateway',
  audit: 'the log of who did what, hash-chained',
  evidence: 'what answers came from: recording, bundles, replay',
  vault: 'secrets, encrypted, and who may use them',
  requests: 'the state table and the store of requests',
  gasbank: 'the ledger',
  keystore: "the wallet, the vault's keys, the random keys",
  alerts: 'what an operator is told of: conditions, rules, messages',
  automation: 'upkeeps: their triggers and occurrences',
  prices: 'feeds: asking sources, what they agree on, when it is published',
  resolvers: 'one file for each way to find an answer',
  pipeline: 'the stages from event to answer',
  operations: 'what an operator does beside the work: the doctor, verifying evidence, attestations',
  api: 'metrics, health and status over HTTP',
  'node.ts': 'the composition root',
  node: 'the composition root',
  devnet: 'private networks of a real neo-go, and the harness for tests of contracts',
  cli: 'the command line, one file a command',
};

/** The layers, lowest first, with those folders that exist. */
export function layerTable(exists: (folder: string) => boolean): string {
  const rows = LAYERS.flatMap((folders, level) => {
    const present = folders.filter(exists);
    if (present.length === 0) return [];
    const holds = present.map((folder) => {
      const words = HOLDS[folder];
      if (words === undefined) throw new Error(`say in layer-table.ts what src/${folder} holds`);
      return `${code(folder)}: ${words}`;
    });
    return [[String(level), holds.join('; ')]];
  });
  return markdownTable(['layer', 'folders of src/'], rows);
}
