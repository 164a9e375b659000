export * from '../../src/devnet/free-port.js';
