import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AttestationStatus } from '../api/node-status.js';
import { messageOf } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { MAX_ATTESTATION_BYTES } from '../operations/attestation/quote-limits.js';

/** The latest attestation of a node, in storage.dir. */
const ATTESTATION_FILE = 'attestation.json';

export const attestationFile = ({ storage }: Pick<NodeConfig, 'storage'>): string =>
  join(storage.dir, ATTESTATION_FILE);

/** Where quotes come from, and how old the last one is. Never throws. */
export function attestationStatus(config: NodeConfig): AttestationStatus {
  const { provider } = config.attestation;
  try {
    const file = attestationFile(config);
    if (statSync(file).size > MAX_ATTESTATION_BYTES) throw new RangeError('it is too large');
    const { madeAtMs, fields } = JSON.parse(readFileSync(file, 'utf8'));
    if (!Number.isSafeInteger(madeAtMs) || !Number.isSafeInteger(fields?.block?.index)) {
      throw new RangeError('it is no attestation');
    }
    return { provider, last: { madeAtMs, blockIndex: fields.block.index }, problem: null };
  } catch (error) {
    const isMissing = (error as { code?: string }).code === 'ENOENT';
    const problem = isMissing ? null : `${ATTESTATION_FILE} cannot be read: ${messageOf(error)}`;
    return { provider, last: null, problem };
  }
}
