export * from '../../src/devnet/account.js';
