/** Evidence bundles. */
export const SCHEMA_5_EVIDENCE = `
`;
