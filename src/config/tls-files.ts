import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf, NodeError } from '../base/node-error.js';
import type { ApiConfig } from './api-config.js';
import { readOwnerOnly } from './owner-only-file.js';

/** A key has some hundred bytes to a few KiB. */
const MAX_KEY_BYTES = 65_536;

/** PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * The certificate and its key; only its owner may read the key. Throws a NodeError API_TLS, also
 * where the two are not of one pair; it never holds any of the key.
 */
export function readTlsFiles({ certFile, keyFile }: NonNullable<ApiConfig['tls']>): TlsFiles {
  const key = readOwnerOnly(keyFile, {
    what: 'the key',
    setting: 'api.tls.keyFile',
    maxBytes: MAX_KEY_BYTES,
    refusal,
  });
  try {
    const files = { cert: readFileSync(certFile), key };
    createSecureContext(files);
    return files;
  } catch (cause) {
    const todo = 'check api.tls.certFile and api.tls.keyFile: PEM, and of one pair';
    throw refusal(messageOf(cause), todo);
  }
}

const refusal = (problem: string, hint: string): NodeError =>
  new NodeError('API_TLS', `the API cannot speak TLS: ${problem}`, { hint });
