export * from '../../src/devnet/dodona-node.js';
