import { X509Certificate } from 'node:crypto';
import type { Collateral } from './collateral.js';
import { isoTime, openRevocationList, serialOf } from './revocation-list.js';

/** Certificates of one chain: leaf, intermediate, root. */
const MAX_CHAIN = 3;

const TCB_SIGNER = 'Intel SGX TCB Signing';
const PCK_ISSUERS = ['Intel SGX PCK Platform CA', 'Intel SGX PCK Processor CA'] as const;
const PCK_LEAF = 'Intel SGX PCK Certificate';

/**
 * Proves of the certificates behind a quote what dcap-qvl 0.3.9 leaves out: that each has the role
 * that it is used in, that both revocation lists are signed by their issuers and in force, and that
 * none of the certificates is on them. The roles are those of Intel's specification of the
 * certificates (Intel SGX PCK Certificate and CRL Profile). Throws a RangeError.
 */
export function checkIntelChains(options: {
  readonly collateral: Collateral;
  /** PEM, out of the quote. */
  readonly pckChain: string;
  readonly root: X509Certificate;
  readonly atMs: number;
}): void {
  const { collateral, pckChain, root, atMs } = options;
  const issued = (pem: string, roles: readonly string[], what: string) =>
    issuedBy(chainOf(pem, what), roles, { root, what, atMs });
  const tcbSigner = issued(collateral.tcb_info_issuer_chain, [TCB_SIGNER], 'the TCB info');
  const qeSigner = issued(collateral.qe_identity_issuer_chain, [TCB_SIGNER], 'the QE identity');
  const crlIssuer = issued(collateral.pck_crl_issuer_chain, PCK_ISSUERS, 'the PCK CRL');
  const [leaf, ...rest] = chainOf(pckChain, 'the quote');
  const pckIssuer = issuedBy(rest, PCK_ISSUERS, { root, what: 'the quote', atMs });
  if (leaf === undefined) throw new RangeError('the quote has no certificates');
  requireRole(leaf, [PCK_LEAF], false, 'the quote');
  requireIssued(leaf, pckIssuer, 'the quote', atMs);
  if (!pckIssuer.publicKey.equals(crlIssuer.publicKey)) {
    throw new RangeError("the PCK CRL is not of the issuer of the quote's certificate");
  }
  const list = (hex: string, issuer: X509Certificate, what: string): ReadonlySet<string> =>
    said(what, () => openRevocationList(Buffer.from(hex, 'hex'), issuer, atMs).revoked);
  const byRoot = list(collateral.root_ca_crl, root, 'the CRL of the root');
  const byPckIssuer = list(collateral.pck_crl, crlIssuer, 'the PCK CRL');
  for (const certificate of [tcbSigner, qeSigner, crlIssuer, pckIssuer]) {
    requireKept(certificate, byRoot);
  }
  requireKept(leaf, byPckIssuer);
}

/** The certificates of some PEM text. */
export function chainOf(pem: string, what: string): X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (texts.length === 0 || texts.length > MAX_CHAIN) {
    throw new RangeError(`${what}: ${texts.length} certificates, 1 to ${MAX_CHAIN} expected`);
  }
  return texts.map((text) => said(what, () => new X509Certificate(text)));
}

interface Place {
  readonly root: X509Certificate;
  readonly what: string;
  readonly atMs: number;
}

/** A certificate that the root issued itself, and that root behind it. */
function issuedBy(
  chain: readonly X509Certificate[],
  roles: readonly string[],
  { root, what, atMs }: Place,
): X509Certificate {
  const [certificate, end, ...more] = chain;
  if (certificate === undefined || end === undefined || more.length > 0) {
    throw new RangeError(`${what}: the chain does not consist of a certificate and its root`);
  }
  if (!end.raw.equals(root.raw)) {
    throw new RangeError(`${what}: the chain ends at another root than the trusted one`);
  }
  requireRole(certificate, roles, !roles.includes(TCB_SIGNER), what);
  requireIssued(certificate, root, what, atMs);
  return certificate;
}

function requireRole(
  certificate: X509Certificate,
  roles: readonly string[],
  isAuthority: boolean,
  what: string,
): void {
  const name = /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject)?.[1] ?? '';
  if (!roles.includes(name) || certificate.ca !== isAuthority) {
    throw new RangeError(`${what}: a certificate of "${name}" where ${roles[0]} was expected`);
  }
}

function requireIssued(
  certificate: X509Certificate,
  issuer: X509Certificate,
  what: string,
  atMs: number,
): void {
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
    throw new RangeError(`${what}: a certificate is not signed by the one behind it`);
  }
  const [fromMs, untilMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  // Written so that a time that is none fails, too.
  if (!(atMs >= fromMs && atMs <= untilMs)) {
    throw new RangeError(
      `${what}: a certificate is valid from ${isoTime(fromMs)} to ${isoTime(untilMs)} only`,
    );
  }
}

function requireKept(certificate: X509Certificate, revoked: ReadonlySet<string>): void {
  const serial = serialOf(certificate);
  if (revoked.has(serial)) throw new RangeError(`the certificate ${serial} was revoked`);
}

function said<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`${what}: ${why}`);
  }
}
