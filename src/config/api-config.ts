import type { PublicGroup } from './api-groups.js';
import type { FileValues } from './config-schema.js';

export interface ApiConfig {
  readonly host: string;
  /** 0: any free port; the node writes the one it got to node.json in storage.dir. */
  readonly port: number;
  /** Further names that a Host header may carry. */
  readonly hostNames: readonly string[];
  /** Null: plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** A proxy that speaks TLS to the world stands before it. */
  readonly behindProxy: boolean;
  /** Networks whose word on who asks is taken (X-Forwarded-For), in CIDR notation. */
  readonly trustedProxies: readonly string[];
  /** What everybody may read without credentials. */
  readonly public: readonly PublicGroup[];
  /** True: nothing can be changed by it. */
  readonly readOnly: boolean;
  /** Origins whose pages may ask. */
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  /** Requests a minute. */
  readonly limits: {
    readonly perAddress: number;
    readonly perKey: number;
    /** Credentials of an address that are not valid. */
    readonly failures: number;
  };
}

/** Gives the file's values the program's names. */
export function apiConfig(
  { maxBody, tls, corsOrigins, ...api }: FileValues['api'],
  path: (file: string) => string,
): ApiConfig {
  const { certFile, keyFile } = tls;
  const isTls = certFile !== undefined && keyFile !== undefined;
  return {
    ...api,
    maxBodyBytes: maxBody,
    tls: isTls ? { certFile: path(certFile), keyFile: path(keyFile) } : null,
    corsOrigins: corsOrigins.map((url) => new URL(url).origin),
  };
}
