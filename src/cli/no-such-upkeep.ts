import { NodeError } from '../base/node-error.js';

export const noSuchUpkeep = (id: bigint): NodeError =>
  new NodeError('NO_SUCH_UPKEEP', `the database knows no upkeep ${id}`, {
    hint: 'compare the height in dodona status with the block that it was registered in',
  });
