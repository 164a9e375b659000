import { SCHEMA_3_PROVING } from './schema-3-proving.js';
import { SCHEMA_3_SPENDING } from './schema-3-spending.js';

/** What the gas bank keeps beside the ledger. Its triggers on the ledger's tables come last. */
export const SCHEMA_3_GASBANK = `
${SCHEMA_3_SPENDING}
${SCHEMA_3_PROVING}
`;
