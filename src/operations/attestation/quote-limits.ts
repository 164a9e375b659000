/** Kinds of trusted execution environments whose quotes are known here. */
export const TEES = ['tdx', 'sev-snp'] as const;
export type Tee = (typeof TEES)[number];

/** Bytes of a quote; those of TDX have about 5,000, reports of SEV-SNP 1,184. */
export const MAX_QUOTE_BYTES = 32_768;
/** Bytes beside a quote: the certificates of SEV-SNP have some 5,000. */
export const MAX_AUX_BYTES = 65_536;
/** Of dstack's event log, some 10,000. */
export const MAX_EVENT_LOG_CHARS = 524_288;
/** Bytes of a file of an attestation; one with collateral and certificates has some 50,000. */
export const MAX_ATTESTATION_BYTES = 2_097_152;
