export * from '../../src/devnet/random-key.js';
