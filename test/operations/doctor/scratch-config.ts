import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load-config.js';
import type { NodeConfig } from '../../../src/config/node-config.js';

/** A configuration with every default. */
export function scratchConfig(folder: string): NodeConfig {
  const file = join(folder, 'node.yaml');
  const lines = [
    'network: {magic: 5, rpc: [http://127.0.0.1:9]}',
    'gateway: {hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908}',
    'wallet: {file: w.json, passwordFile: w.pw}',
  ];
  writeFileSync(file, lines.join('\n'));
  return loadConfig(file);
}
