export * from '../../src/devnet/node-files.js';
