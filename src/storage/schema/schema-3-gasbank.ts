import { SCHEMA_3_PROVING } from './schema-3-proving.js';

/** What the gas bank keeps beside the ledger. Its triggers on the ledger's tables come last. */
export const SCHEMA_3_GASBANK = `
${SCHEMA_3_PROVING}
`;
