import type { FileValues } from './config-schema.js';

/** Where the quotes of this node come from. */
export interface AttestationConfig {
  readonly provider: 'none' | 'configfs-tsm' | 'dstack';
  /** Where entries are made, or an entry that is there. */
  readonly configfsDir: string;
  readonly dstackSocket: string;
  /** Of one quote, and of each fetch of collateral. */
  readonly timeoutMs: number;
  /** Base of a PCCS; null: collateral is not fetched. */
  readonly collateralUrl: string | null;
}

export const attestationConfig = (
  attestation: FileValues['attestation'],
  path: (text: string) => string,
): AttestationConfig => ({
  provider: attestation.provider,
  configfsDir: path(attestation.configfsDir),
  dstackSocket: path(attestation.dstackSocket),
  timeoutMs: attestation.timeout,
  collateralUrl: attestation.collateralUrl ?? null,
});
