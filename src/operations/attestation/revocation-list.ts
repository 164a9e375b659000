import { verify, type X509Certificate } from 'node:crypto';
import { toHex } from '../../base/bytes.js';
import { DerTag, type DerValue, derBits, derSequence, derTimeMs, derValues, ofTag } from './der.js';

/** A list of certificates that their issuer took back (RFC 5280, 5.1). */
export interface RevocationList {
  /** Hex, as certificates' serial numbers are written here. */
  readonly revoked: ReadonlySet<string>;
}

/** Entries that are read; Intel's list of a whole kind of processors has some dozens. */
export const MAX_REVOKED = 50_000;

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = '2a8648ce3d040302';

/**
 * Reads a list (DER) and proves that `issuer` signed it and that it is in force at a time. Throws a
 * RangeError that says what is wrong with it: nothing about a list is passed over.
 */
export function openRevocationList(
  der: Buffer,
  issuer: X509Certificate,
  atMs: number,
): RevocationList {
  const [body, algorithm, signature] = derSequence(der);
  const signed = ofTag(body, DerTag.Sequence);
  const [oid] = derSequence(ofTag(algorithm, DerTag.Sequence).whole);
  if (toHex(ofTag(oid, DerTag.Oid).content) !== ECDSA_SHA256) {
    throw new RangeError('it is not signed with ECDSA and SHA-256');
  }
  if (!verify('sha256', signed.whole, issuer.publicKey, derBits(signature))) {
    throw new RangeError('its signature is not that of its issuer');
  }
  return readBody(derValues(signed.content), issuer, atMs);
}

function readBody(
  values: readonly DerValue[],
  issuer: X509Certificate,
  atMs: number,
): RevocationList {
  // The version is there in lists of version 2 only.
  const fields = values[0]?.tag === DerTag.Integer ? values.slice(1) : values;
  const [, name, thisUpdate, nextUpdate, entries] = fields;
  if (!ofTag(name, DerTag.Sequence).whole.equals(subjectOf(issuer))) {
    throw new RangeError('it is of another issuer');
  }
  const [fromMs, untilMs] = [derTimeMs(thisUpdate), derTimeMs(nextUpdate)];
  if (atMs < fromMs) throw new RangeError(`it is in force only from ${isoTime(fromMs)} on`);
  if (atMs > untilMs) throw new RangeError(`it expired at ${isoTime(untilMs)}`);
  const list = entries?.tag === DerTag.Sequence ? derValues(entries.content) : [];
  if (list.length > MAX_REVOKED) {
    throw new RangeError(`it has ${list.length} entries, at most ${MAX_REVOKED} are read`);
  }
  const serials = list.map((entry) => {
    const [serial] = derSequence(ofTag(entry, DerTag.Sequence).whole);
    return serialText(ofTag(serial, DerTag.Integer).content);
  });
  return { revoked: new Set(serials) };
}

/** The serial number of a certificate, written as in `RevocationList.revoked`. */
export function serialOf(certificate: X509Certificate): string {
  const fields = certificateFields(certificate);
  return serialText(ofTag(fields[0], DerTag.Integer).content);
}

/** The subject of a certificate, DER. */
const subjectOf = (certificate: X509Certificate): Buffer =>
  ofTag(certificateFields(certificate)[4], DerTag.Sequence).whole;

/** serialNumber, signature, issuer, validity, subject and so on (RFC 5280, 4.1). */
export function certificateFields(certificate: X509Certificate): DerValue[] {
  const [body] = derSequence(certificate.raw);
  const fields = derValues(ofTag(body, DerTag.Sequence).content);
  return fields[0]?.tag === VERSION_TAG ? fields.slice(1) : fields;
}

const VERSION_TAG = 0xa0;

/** Without the zero that keeps an integer positive. */
const serialText = (content: Buffer): string => toHex(content).replace(/^(?:00)+(?=..)/, '');

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
