import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

export interface AbiParameter {
  readonly name: string;
  readonly type: string;
  /** Of an Array: what its items are. */
  readonly items?: string;
}

/** What tests need of contracts/build/gateway.abi.json. */
export interface GatewayAbi {
  readonly methods: readonly {
    readonly name: string;
    readonly safe: boolean;
    readonly parameters: readonly AbiParameter[];
    readonly returns: string;
  }[];
  readonly events: readonly {
    readonly name: string;
    readonly parameters: readonly AbiParameter[];
  }[];
  readonly codes: Readonly<Record<string, number>>;
}

export function readGatewayAbi(): GatewayAbi {
  const file = join(projectRoot, 'contracts', 'build', 'gateway.abi.json');
  return JSON.parse(readFileSync(file, 'utf8')) as GatewayAbi;
}
