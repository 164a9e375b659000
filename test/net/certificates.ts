import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIPv4 } from 'node:net';

/**
 * Makes X.509 v3 certificates (RFC 5280) for tests, with nothing but Node: no openssl needed.
 * Elliptic-curve keys (P-256), signed with ECDSA and SHA-256.
 */
export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Host names and IP addresses it is valid for. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** The authority that signs it; itself when absent. */
  readonly issuer?: { readonly commonName: string; readonly certificate: Certificate };
  readonly isAuthority?: boolean;
  /** Further extensions, DER. */
  readonly extensions?: readonly Buffer[];
}

const DAY_MS = 86_400_000;

/** A certificate with its key; by default valid from yesterday for a year. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = options.issuer ? createPrivateKey(options.issuer.certificate.key) : privateKey;
  const body = toBeSigned(options, publicKey);
  const signature = sign('sha256', body, signer);
  const der = sequence(body, sequence(oid('2a8648ce3d040302')), bitString(signature));
  return {
    cert: pem('CERTIFICATE', der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** An authority and a function that makes certificates signed by it. */
export function createAuthority(commonName = 'Test authority'): {
  readonly certificate: Certificate;
  issue(options: Omit<CertificateOptions, 'issuer'>): Certificate;
} {
  const certificate = createCertificate({ commonName, isAuthority: true });
  return {
    certificate,
    issue: (options) => createCertificate({ ...options, issuer: { commonName, certificate } }),
  };
}

function toBeSigned(options: CertificateOptions, publicKey: KeyObject): Buffer {
  const { commonName, issuer, isAuthority = false, hosts = [], extensions: further = [] } = options;
  const notBefore = options.notBefore ?? new Date(Date.now() - DAY_MS);
  const notAfter = options.notAfter ?? new Date(notBefore.getTime() + 365 * DAY_MS);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const extensions = [
    extension('551d13', true, sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
    ...(hosts.length > 0 ? [extension('551d11', false, sequence(...hosts.map(alternative)))] : []),
    ...further,
  ];
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    sequence(oid('2a8648ce3d040302')),
    name(issuer?.commonName ?? commonName),
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
}

export function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...digits]), content]);
}

export const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

export const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

export const bitString = (bytes: Buffer): Buffer =>
  der(0x03, Buffer.concat([Buffer.from([0]), bytes]));

export const name = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));

export const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

/** YYMMDDHHMMSSZ: years 1950 to 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function alternative(host: string): Buffer {
  if (isIPv4(host)) return der(0x87, Buffer.from(host.split('.').map(Number)));
  if (host === '::1') return der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]));
  return der(0x82, Buffer.from(host));
}

export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
