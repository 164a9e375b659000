import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { NodeError } from '../../src/base/node-error.js';
import { createLocalSigner } from '../../src/chain/signer.js';
import { openWallet, type WalletKey } from '../../src/keystore/open-wallet.js';

const neon = createRequire(import.meta.url)(
  '@cityofzion/neon-js',
) as typeof import('@cityofzion/neon-js');
const SCRYPT = { n: 2, r: 8, p: 8 };

async function walletOf(privateKey: Buffer, password: string): Promise<WalletKey> {
  const signer = createLocalSigner(privateKey);
  const account = new neon.wallet.Account(privateKey.toString('hex'));
  await account.encrypt(password, SCRYPT);
  return {
    account: signer.account,
    address: account.address,
    encryptedKey: account.encrypted,
    scrypt: SCRYPT,
    verificationScript: signer.verificationScript,
  };
}

describe('opening a wallet', () => {
  const key = Buffer.alloc(32, 7);

  it('gives the signer of the account when the password is right', async () => {
    const wallet = await walletOf(key, 'correct horse');
    const signer = await openWallet(wallet, 'correct horse');
    assert.equal(signer.account, wallet.account);
    assert.equal((await signer.sign(Buffer.from('message'))).length, 64);
  });

  it('tells neither password nor key when the password is wrong', async () => {
    const wallet = await walletOf(key, 'correct horse');
    await assert.rejects(openWallet(wallet, 'battery staple'), (error) => {
      assert.ok(error instanceof NodeError);
      assert.equal(error.code, 'WALLET_PASSWORD');
      const shown = JSON.stringify({ ...error, message: error.message, stack: error.stack });
      assert.ok(!/battery|correct horse/.test(shown));
      assert.ok(!shown.includes(key.toString('hex')));
      return true;
    });
  });

  it('refuses a wallet whose key is of another account', async () => {
    const wallet = await walletOf(key, 'pw');
    const other = createLocalSigner(Buffer.alloc(32, 9)).account;
    await assert.rejects(
      openWallet({ ...wallet, account: other }, 'pw'),
      /the key in the wallet is of N\w+, not of N/,
    );
  });
});
