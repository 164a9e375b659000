import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { contractRead, readContract, readTogether } from './contract-read.js';
import { type GatewayRandomKey, gatewayReads, type Overlap } from './gateway-reads.js';
import { type Decode, fieldsOf } from './item-fields.js';
import { STD_LIB } from './native-contracts.js';
import { isRpcError, type Rpc, RpcCode } from './rpc.js';
import { asBoolean, asHash160 } from './stack-item-values.js';

/** The node account to come, once it accepts. */
export interface ProposedNodeAccount {
  readonly account: Hash160;
  /** Whether the gateway's owner proposed it, or the node account itself. */
  readonly byOwner: boolean;
}

/** Who may do what at the gateway. */
export interface GatewayKeys {
  /** Index of the latest block when they were read. */
  readonly height: number;
  readonly owner: Hash160;
  /** Null when revoked. */
  readonly nodeAccount: Hash160 | null;
  /** The account before it, while both may answer. */
  readonly overlap: Overlap | null;
  readonly proposed: ProposedNodeAccount | null;
  readonly randomKey: GatewayRandomKey;
}

/** Where the gateway keeps the proposal (contracts/gateway/storage.go): no method tells of it. */
const PROPOSAL_KEY = Buffer.from('m');

/** Reads the gateway's accounts and keys. Throws a NodeError CONTRACT_READ_FAILED. */
export async function readGatewayKeys(rpc: Rpc, gateway: Hash160): Promise<GatewayKeys> {
  const reads = gatewayReads(gateway);
  const figures = [reads.owner(), reads.nodeAccount(), reads.overlap(), reads.randomKey()] as const;
  const { height, values } = await readTogether(rpc, figures);
  const [owner, nodeAccount, overlap, randomKey] = values;
  const proposed = await readProposal(rpc, gateway);
  return { height, owner, nodeAccount, overlap, proposed, randomKey };
}

async function readProposal(rpc: Rpc, gateway: Hash160): Promise<ProposedNodeAccount | null> {
  const stored = await readStored(rpc, gateway);
  if (stored === null) return null;
  return readContract(rpc, contractRead(STD_LIB, 'deserialize', [stored], asProposal));
}

async function readStored(rpc: Rpc, gateway: Hash160): Promise<Buffer | null> {
  try {
    const key = PROPOSAL_KEY.toString('base64');
    const stored = await rpc.call('getstorage', [gateway, key]);
    if (stored === null || stored === '') return null;
    if (typeof stored === 'string') return Buffer.from(stored, 'base64');
  } catch (error) {
    if (isRpcError(error, RpcCode.UnknownStorageItem, OLD_UNKNOWN)) return null;
    throw error;
  }
  throw new NodeError('RPC_MALFORMED', 'the endpoint answers getstorage with no text', {
    hint: 'use another RPC endpoint',
  });
}

/** What C# nodes of before the common error codes answer for an unknown item. */
const OLD_UNKNOWN = -100;

const asProposal: Decode<ProposedNodeAccount> = (item, what) => {
  const field = fieldsOf(item, what, 2);
  return { account: field(0, 'account', asHash160), byOwner: field(1, 'byOwner', asBoolean) };
};
