import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { tx, u, wallet } from '@cityofzion/neon-js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { hash160, hash160ToAddress, hash256 } from '../../src/base/hash.js';
import { networkFeeOf } from '../../src/chain/network-fee.js';
import { parseTransaction } from '../../src/chain/parse-transaction.js';
import { assertScript, callScript } from '../../src/chain/script.js';
import { createLocalSigner, createMultisigSigner, type Signer } from '../../src/chain/signer.js';
import {
  buildTransaction,
  MAX_SCRIPT_BYTES,
  type SignedTransaction,
  signTransaction,
  type TransactionDraft,
  type WitnessScope,
} from '../../src/chain/transaction.js';
import { multisigScript } from '../../src/chain/verification-script.js';
import { holds } from './holds.js';

const GAS = hash160('0xd2a4cff31913016155e38e474a2c06d08be276cf');
const MAGIC = 860_833_102;

const draftOf = (signer: Signer, scope: WitnessScope = 'CalledByEntry'): TransactionDraft => ({
  script: callScript(GAS, 'decimals'),
  signers: [{ account: signer.account, scope }],
  systemFee: 1_234_567n,
  networkFee: 98_765_432_101n,
  nonce: 0xfedc_ba98,
  validUntilBlock: 5_000_000,
});

const key = Buffer.from('1dd37fba80fec4e6a6f13fd708d8dcb3b29def768017052f6c930fa1c5d90bbb', 'hex');
const signer = createLocalSigner(key);

describe('transaction', () => {
  it('derives the same account and key as neon-js', () => {
    const account = new wallet.Account(key.toString('hex'));
    assert.equal(hash160ToAddress(signer.account), account.address);
    assert.equal(signer.publicKey.toString('hex'), account.publicKey);
  });

  it('derives the same multisignature account as neon-js, whose keys it sorts', () => {
    const keys = [0, 1, 2, 3].map(() => createLocalSigner(randomBytes(32)).publicKey);
    const script = multisigScript(3, keys);
    const sorted = keys.map((one) => one.toString('hex')).sort((a, b) => compareByX(a, b));
    const theirs = wallet.Account.createMultiSig(3, sorted);
    assert.equal(script.toString('base64'), theirs.contract.script);
  });

  for (const scope of ['None', 'CalledByEntry', 'Global', { contracts: [GAS] }] as const) {
    it(`has the bytes and hash of neon-js with the scope ${JSON.stringify(scope)}`, async () => {
      const draft = draftOf(signer, scope);
      const ours = await signTransaction(buildTransaction(draft), MAGIC, [signer]);
      const theirs = neonTransaction(draft);
      assert.equal(ours.unsigned.toString('hex'), theirs.serialize(false));
      assert.equal(ours.hash, hash256(theirs.hash()));
      assert.equal(ours.unsigned.toString('hex'), theirs.serialize(false));
      const read = tx.Transaction.deserialize(ours.raw.toString('hex'));
      assert.equal(hash256(read.hash()), ours.hash);
    });
  }

  it('carries a signature that neon-js verifies', async () => {
    const ours = await signTransaction(buildTransaction(draftOf(signer)), MAGIC, [signer]);
    const signature = ours.witnesses[0]?.invocationScript.subarray(2).toString('hex') ?? '';
    const message = u.num2hexstring(MAGIC, 4, true) + u.reverseHex(ours.hash.slice(2));
    holds(wallet.verify(message, signature, signer.publicKey.toString('hex')));
  });

  it('is read back from its bytes as it was', async () => {
    const cosigner = createLocalSigner(randomBytes(32));
    const draft: TransactionDraft = {
      ...draftOf(signer, { contracts: [GAS, signer.account] }),
      script: Buffer.alloc(MAX_SCRIPT_BYTES, 0x21),
    };
    const both = {
      ...draft,
      signers: [...draft.signers, { account: cosigner.account, scope: 'None' as const }],
    };
    const signed = await signTransaction(buildTransaction(both), MAGIC, [cosigner, signer]);
    const expected: SignedTransaction = signed;
    assert.deepEqual(parseTransaction(signed.raw), expected);
  });

  it('refuses bytes that are cut short, too long, or hold attributes', async () => {
    const { raw } = await signTransaction(buildTransaction(draftOf(signer)), MAGIC, [signer]);
    assert.throws(() => parseTransaction(raw.subarray(0, -1)), /cut short/);
    assert.throws(() => parseTransaction(Buffer.concat([raw, raw])), /bytes too many at its end/);
    const withAttribute = Buffer.from(raw);
    withAttribute[25 + 1 + 21] = 1;
    assert.throws(() => parseTransaction(withAttribute), /expected no attributes/);
  });

  it('names the limit that a draft breaks', () => {
    const draft = draftOf(signer);
    const broken = (change: Partial<TransactionDraft>) => () =>
      buildTransaction({ ...draft, ...change });
    assert.throws(broken({ script: Buffer.alloc(65_536) }), /script bytes must be 1 to 65535/);
    assert.throws(broken({ nonce: -1 }), /nonce must be 0 to 4294967295/);
    assert.throws(broken({ systemFee: -1n }), /systemFee must be 0 to 2\^63-1, got -1/);
    assert.throws(broken({ signers: [] }), /signers must be 1 to 16/);
    const [one] = draft.signers;
    holds(one);
    assert.throws(broken({ signers: [one, one] }), /each account may sign once/);
  });

  it('is not signed when the signer of an account is missing', async () => {
    const other = createLocalSigner(randomBytes(32));
    await assert.rejects(
      signTransaction(buildTransaction(draftOf(signer)), MAGIC, [other]),
      new RegExp(`no signer was given for the account ${signer.account}`),
    );
  });

  it('refuses a private key of a wrong size without showing it', () => {
    assert.throws(
      () => createLocalSigner(key.subarray(1)),
      (thrown: Error) => {
        assert.match(thrown.message, /expected a private key of 32 bytes/);
        holds(!thrown.message.includes(key.toString('hex').slice(2)));
        return true;
      },
    );
    assert.throws(() => createLocalSigner(Buffer.alloc(32)), /within the order/);
  });
});

describe('a transaction on a real node', () => {
  let network: PrivateNetwork;
  before(async () => {
    network = await sharedNetwork();
  });
  after(() => network.disconnect());

  it('has the network fee that the node computes, for one key and for m of n', async () => {
    const keys = Array.from({ length: 21 }, () => createLocalSigner(randomBytes(32)));
    const policy = { feePerByte: 1000n, execFeeFactor: 30n };
    const senders = [
      signer,
      ...(
        [
          [1, 1],
          [2, 3],
          [7, 21],
        ] as const
      ).map(([threshold, count]) => {
        const members = keys.slice(0, count);
        const publicKeys = members.map(({ publicKey }) => publicKey);
        return createMultisigSigner(threshold, publicKeys, members);
      }),
    ];
    for (const sender of senders) {
      const script = sender.verificationScript;
      const unsigned = buildTransaction({ ...draftOf(sender), networkFee: 0n });
      const fee = networkFeeOf(unsigned, [script], policy);
      const withScript = await signTransaction(unsigned, network.magic, [sender]);
      const answer = await network.rpc.call<{ networkfee: string }>('calculatenetworkfee', [
        withScript.raw.toString('base64'),
      ]);
      assert.equal(fee, BigInt(answer.networkfee));
    }
  });

  it('is accepted with exactly the computed network fee and moves GAS', async () => {
    const receiver = createLocalSigner(randomBytes(32));
    const {
      committee: { signer: committee },
      rpc,
    } = network;
    const transfer = [committee.account, receiver.account, 12_345n, null] as const;
    const draft = {
      ...draftOf(committee),
      script: assertScript(callScript(GAS, 'transfer', transfer)),
      systemFee: 10_000_000n,
      networkFee: 0n,
      validUntilBlock: (await rpc.call<number>('getblockcount')) + 100,
    };
    const policy = { feePerByte: 1000n, execFeeFactor: 30n };
    const scripts = [committee.verificationScript];
    const networkFee = networkFeeOf(buildTransaction(draft), scripts, policy);
    const short = buildTransaction({ ...draft, networkFee: networkFee - 1n });
    const refused = await signTransaction(short, network.magic, [committee]);
    await assert.rejects(send(refused), /-500.*GAS limit exceeded/);
    const exact = buildTransaction({ ...draft, networkFee });
    const signed = await signTransaction(exact, network.magic, [committee]);
    assert.deepEqual(await send(signed), { hash: signed.hash });
  });

  const send = (signed: SignedTransaction) =>
    network.rpc.call('sendrawtransaction', [signed.raw.toString('base64')]);
});

const compareByX = (left: string, right: string): number =>
  left.slice(2) < right.slice(2) ? -1 : left.slice(2) > right.slice(2) ? 1 : 0;

function neonTransaction(draft: TransactionDraft) {
  return new tx.Transaction({
    nonce: draft.nonce,
    systemFee: u.BigInteger.fromNumber(draft.systemFee.toString()),
    networkFee: u.BigInteger.fromNumber(draft.networkFee.toString()),
    validUntilBlock: draft.validUntilBlock,
    script: draft.script.toString('hex'),
    signers: draft.signers.map(({ account, scope }) =>
      typeof scope === 'string'
        ? { account: account.slice(2), scopes: scope }
        : {
            account: account.slice(2),
            scopes: 'CustomContracts',
            allowedContracts: scope.contracts.map((contract) => contract.slice(2)),
          },
    ),
  });
}
