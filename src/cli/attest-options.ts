import { NodeError } from '../base/node-error.js';
import { NONCE_BYTES } from '../operations/attestation/attested-fields.js';

/** 32 bytes of --nonce; null when it was not given. Throws a NodeError BAD_QUERY. */
export function nonceOption(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  const isRight = new RegExp(`^[0-9a-fA-F]{${2 * NONCE_BYTES}}$`).test(text) && !/^0+$/.test(text);
  if (isRight) return Buffer.from(text, 'hex');
  throw new NodeError('BAD_QUERY', `--nonce is not ${NONCE_BYTES} bytes`, {
    hint: `expected ${2 * NONCE_BYTES} hex digits, not all of them 0, such as openssl rand -hex 32`,
  });
}
