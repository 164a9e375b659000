import { SCHEMA_3_SPENDING } from './schema-3-spending.js';

/** What the gas bank keeps beside the ledger. */
export const SCHEMA_3_GASBANK = `
${SCHEMA_3_SPENDING}`;
