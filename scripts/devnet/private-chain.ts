export * from '../../src/devnet/private-chain.js';
