export * from '../../src/devnet/contracts.js';
