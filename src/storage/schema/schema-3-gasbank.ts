import { SCHEMA_3_LEDGER } from './schema-3-ledger.js';
import { SCHEMA_3_PROVING } from './schema-3-proving.js';
import { SCHEMA_3_SPENDING } from './schema-3-spending.js';

/** What the gas bank keeps. The ledger is built anew first: others' triggers on it come after. */
export const SCHEMA_3_GASBANK = `
${SCHEMA_3_LEDGER}
${SCHEMA_3_SPENDING}
${SCHEMA_3_PROVING}
`;
