/** The audit log and the vault. */
export const SCHEMA_4_VAULT = `
`;
