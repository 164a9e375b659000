/** What the gas bank keeps beside the ledger. */
export const SCHEMA_3_GASBANK = `
`;
