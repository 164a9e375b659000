import assert from 'node:assert/strict';
import { tx, u, wallet } from '@cityofzion/neon-js';
import { isSignedBy, walletTransaction } from '../../src/api/wallet-message.js';

const LENGTHS = [1, 200, 252, 253, 300];

const bytesOf = ({
  publicKey,
  signature,
  salt,
}: Record<'publicKey' | 'signature' | 'salt', string>) => ({
  publicKey: Buffer.from(publicKey, 'hex'),
  signature: Buffer.from(signature, 'hex'),
  salt,
});

describe('messages as wallets sign them', () => {
  it('reads a V2 frame as neon-js reads a transaction: of no account, fee and network', () => {
    for (const length of LENGTHS) {
      const text = 'm'.repeat(length);
      const account = new wallet.Account(wallet.generatePrivateKey());
      const blank = new tx.Transaction({
        nonce: 0,
        signers: [{ account: '00'.repeat(20), scopes: 0 }],
      });
      blank.script = u.HexString.fromHex(Buffer.from(text).toString('hex'));
      const signed = `${'00'.repeat(4)}${u.reverseHex(blank.hash())}`;
      assert.equal(walletTransaction(text, '').toString('hex'), signed);
      const signature = wallet.sign(signed, account.privateKey);
      const { publicKey } = account;
      assert.ok(isSignedBy(text, bytesOf({ publicKey, signature, salt: '' })));
    }
  });

  it('takes a message without salt, and none whose salt moved into the text', () => {
    const account = new wallet.Account(wallet.generatePrivateKey());
    const framed = `010001f0${u.num2VarInt(5)}${u.str2hexstring('hello')}0000`;
    const signature = wallet.sign(framed, account.privateKey);
    const { publicKey } = account;
    assert.ok(isSignedBy('hello', bytesOf({ publicKey, signature, salt: '' })));
    assert.ok(!isSignedBy('hello', bytesOf({ publicKey, signature, salt: 'aa' })));
    assert.ok(!isSignedBy('hell', bytesOf({ publicKey, signature, salt: '' })));
  });
});
