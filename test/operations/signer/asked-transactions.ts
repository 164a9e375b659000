import { parseGas } from '../../../src/base/datoshi.js';
import type { Hash160 } from '../../../src/base/hash.js';
import { gatewayCalls } from '../../../src/chain/gateway-calls.js';
import { buildTransaction, type TransactionDraft } from '../../../src/chain/transaction.js';
import type { SignerPolicy } from '../../../src/config/signer-config.js';
import { createAccount } from '../../../src/devnet/account.js';

export const MAGIC = 56_753;
export const GATEWAY = `0x${'5a'.repeat(20)}` as Hash160;
export const STRANGER = `0x${'6b'.repeat(20)}` as Hash160;
export const COLD_WALLET = `0x${'7c'.repeat(20)}` as Hash160;

export const node = createAccount();
export const other = createAccount();
export const calls = gatewayCalls(GATEWAY);

/** What a node needs, as the example of the configuration has it. */
export const POLICY: SignerPolicy = {
  magic: MAGIC,
  gateway: GATEWAY,
  allowed: ['respond', 'expire', 'submitPrices', 'performUpkeeps'],
  payTo: [],
  maxFeeDatoshi: parseGas('2'),
  maxPerHourDatoshi: parseGas('5'),
};

const LOST = `0x${'2b'.repeat(32)}` as const;

export const respond = (result = Buffer.from('"yes"')): Buffer =>
  calls.respond([
    { requestId: 7n, code: 0, result, deliver: true, lostTx: null },
    { requestId: 8n, code: 0xff, result: Buffer.alloc(0), deliver: false, lostTx: LOST },
  ]);

/** A transaction as the node asks for it, but for the changes. */
export const draft = (changes: Partial<TransactionDraft> = {}): TransactionDraft => ({
  script: respond(),
  signers: [{ account: node.hash, scope: 'CalledByEntry' }],
  systemFee: parseGas('0.9'),
  networkFee: parseGas('0.1'),
  nonce: 1,
  validUntilBlock: 100,
  ...changes,
});

export const bytesOf = (changes: Partial<TransactionDraft> = {}): Buffer =>
  buildTransaction(draft(changes)).unsigned;
