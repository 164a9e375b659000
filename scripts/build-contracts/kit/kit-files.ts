import { join } from 'node:path';
import { type KitAbi, kitInterface } from './kit-interface.js';
import { csharpSource } from './write-csharp.js';
import { goSource } from './write-go.js';
import { pythonSource } from './write-python.js';

/** The generated files of the authors' kit, by their paths below contracts/. */
export function kitFiles(contracts: string, abi: KitAbi): ReadonlyMap<string, string> {
  const kit = kitInterface(join(contracts, 'kit', 'methods.yml'), abi);
  return new Map([
    ['dodona/gateway.go', goSource(kit)],
    ['kit/csharp/DodonaGateway.cs', csharpSource(kit)],
    ['kit/python/dodona.py', pythonSource(kit)],
  ]);
}
