import { sha256 } from '../../../base/bytes.js';
import { type Hash160, hashFromLittleEndian } from '../../../base/hash.js';
import { isRetryable, NodeError } from '../../../base/node-error.js';
import { readContract } from '../../../chain/contract-read.js';
import { nefChecksum } from '../../../chain/deploy.js';
import { gatewayReads } from '../../../chain/gateway-reads.js';
import type { Rpc, RpcOptions } from '../../../chain/rpc.js';
import { rpcCount, rpcObject, rpcText } from '../../../chain/rpc-fields.js';
import { type Check, check, fail, given, ok, skipped, warning } from '../finding.js';
import { type GatewayView, UNREAD } from './gateway-view.js';

/** A contract as this release was built with it. */
export interface BuiltContract {
  readonly nef: Buffer;
  readonly manifest: string;
}

/** Reads one of them: gateway or executor. */
export type ReadBuild = (name: 'gateway' | 'executor') => Promise<BuiltContract>;

/** Whether there is a gateway at the hash that this node speaks with. */
export const contractCheck = (view: GatewayView, gateway: Hash160): Check =>
  check('gateway.contract', async () => {
    try {
      const { gatewayVersion } = await view.facts();
      return ok(`${gateway} is a gateway of version ${gatewayVersion}`);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const isUnasked = isRetryable(error) || error.code === 'RPC_WRONG_NETWORK';
      if (isUnasked) return skipped(`no endpoint of the network answers: ${error.message}`);
      return fail({
        expected: 'a Dodona gateway at gateway.hash',
        found: error.message,
        fix: error.hint ?? 'Correct gateway.hash in the configuration.',
      });
    }
  });

/** Whether its code is what this release was built and tested with. */
export const buildCheck = (view: GatewayView, gateway: Hash160, readBuild: ReadBuild): Check =>
  check('gateway.build', (signal) =>
    given(view.facts(), UNREAD, async () =>
      compare(await differences(view.rpc, gateway, await readBuild('gateway'), { signal })),
    ),
  );

export const executorCheck = (view: GatewayView, gateway: Hash160, readBuild: ReadBuild): Check =>
  check('gateway.executor', (signal) =>
    given(view.facts(), UNREAD, async () => {
      const executor = await readContract(view.rpc, gatewayReads(gateway).executor(), { signal });
      return compare(
        await differences(view.rpc, executor, await readBuild('executor'), { signal }),
      );
    }),
  );

const compare = (different: readonly string[]) =>
  different.length === 0
    ? ok('code and manifest are those of this release')
    : warning({
        expected: 'code and manifest of contracts/build in this release',
        found: `another ${different.join(' and another ')}`,
        fix:
          'See who deployed or updated it, and whether from another release: what it does is not ' +
          'what this one was tested with.',
      });

async function differences(
  rpc: Rpc,
  contract: Hash160,
  { nef, manifest }: BuiltContract,
  options: RpcOptions,
): Promise<string[]> {
  const state = rpcObject(await rpc.call('getcontractstate', [contract], options), 'the contract');
  const deployed = rpcObject(state.nef, 'nef of the contract');
  const script = Buffer.from(rpcText(deployed.script, 'script of the contract'), 'base64');
  const checksum = rpcCount(deployed.checksum, 'checksum of the contract');
  // The script stands last in a .nef, before the checksum of all of it.
  const built = nef.subarray(-script.length - CHECKSUM_BYTES, -CHECKSUM_BYTES);
  const isSameCode = checksum === nefChecksum(nef) && script.equals(built);
  const isSameManifest = canonical(state.manifest) === canonical(JSON.parse(manifest));
  return [...(isSameCode ? [] : ['code']), ...(isSameManifest ? [] : ['manifest'])];
}

const CHECKSUM_BYTES = 4;

/** JSON that does not depend on the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`;
}

/** An update by the owner is announced before: the node may have to be updated with it. */
export const updateCheck = (view: GatewayView, readBuild: ReadBuild): Check =>
  check('gateway.update', () =>
    given(view.terms(), UNREAD, async ({ update }) => {
      if (update === null) return ok('no update of the contract is proposed');
      const { nef } = await readBuild('gateway');
      const isOurs = update.nefHash === hashFromLittleEndian(sha256(nef));
      return warning({
        expected: 'no update proposed, or one to the code of this release',
        found: `one from block ${update.from} on, ${isOurs ? 'to' : 'not to'} this code`,
        fix: isOurs
          ? 'Nothing, if the owner is whom you trust.'
          : 'Ask the owner what it is to; install the release that goes with it before that block.',
      });
    }),
  );
