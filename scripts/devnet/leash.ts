export * from '../../src/devnet/leash.js';
