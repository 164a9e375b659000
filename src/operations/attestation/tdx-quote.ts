import dcap from '@phala/dcap-qvl';
import { messageOf } from '../../base/node-error.js';
import { MAX_QUOTE_BYTES } from './quote-limits.js';

/** What the processor says of a trust domain (Intel TDX DCAP, "TD Quote Body"). */
export interface TdxReport {
  readonly teeTcbSvn: Buffer;
  readonly mrSeam: Buffer;
  readonly mrSignerSeam: Buffer;
  readonly seamAttributes: Buffer;
  readonly tdAttributes: Buffer;
  readonly xfam: Buffer;
  readonly mrTd: Buffer;
  readonly mrConfigId: Buffer;
  readonly mrOwner: Buffer;
  readonly mrOwnerConfig: Buffer;
  readonly rtMr0: Buffer;
  readonly rtMr1: Buffer;
  readonly rtMr2: Buffer;
  readonly rtMr3: Buffer;
  readonly reportData: Buffer;
}

export interface TdxQuote {
  readonly report: TdxReport;
  /** PEM: the certificates of the platform, leaf first. */
  readonly pckChain: string;
}

const TDX = 0x81;
const HEADER_BYTES = 48;
const BODY_HEAD_BYTES = 6;
const LENGTH_BYTES = 4;

/** Takes a quote of TDX apart, version 4 or 5. Nothing is proven by that. Throws a RangeError. */
export function readTdxQuote(bytes: Buffer): TdxQuote {
  if (bytes.length > MAX_QUOTE_BYTES) {
    throw new RangeError(`it has ${bytes.length} bytes, at most ${MAX_QUOTE_BYTES} are read`);
  }
  try {
    const quote = dcap.Quote.parse(bytes);
    const report = quote.report.asTd10();
    if (quote.header.teeType !== TDX || report === null) throw new Error('it is not of TDX');
    requireExactEnd(bytes, quote);
    const chain = Buffer.from(quote.rawCertChain()).toString('latin1');
    return { report: reportOf(report), pckChain: chain };
  } catch (cause) {
    throw new RangeError(`it is no quote of TDX: ${messageOf(cause)}`);
  }
}

type Parsed = NonNullable<ReturnType<dcap.Report['asTd10']>>;

const reportOf = (report: Parsed): TdxReport => ({
  teeTcbSvn: Buffer.from(report.teeTcbSvn),
  mrSeam: Buffer.from(report.mrSeam),
  mrSignerSeam: Buffer.from(report.mrSignerSeam),
  seamAttributes: Buffer.from(report.seamAttributes),
  tdAttributes: Buffer.from(report.tdAttributes),
  xfam: Buffer.from(report.xfam),
  mrTd: Buffer.from(report.mrTd),
  mrConfigId: Buffer.from(report.mrConfigId),
  mrOwner: Buffer.from(report.mrOwner),
  mrOwnerConfig: Buffer.from(report.mrOwnerConfig),
  rtMr0: Buffer.from(report.rtMr0),
  rtMr1: Buffer.from(report.rtMr1),
  rtMr2: Buffer.from(report.rtMr2),
  rtMr3: Buffer.from(report.rtMr3),
  reportData: Buffer.from(report.reportData),
});

/** Hosts fill a quote up with zeros; anything else in or behind it is nobody's statement. */
function requireExactEnd(bytes: Buffer, { header, authData }: dcap.Quote): void {
  const body =
    header.version === 5
      ? BODY_HEAD_BYTES + bytes.readUInt32LE(HEADER_BYTES + 2)
      : TD_REPORT_10_BYTES;
  const signatureAt = HEADER_BYTES + body;
  const { qeAuthData, certificationData } = authData.intoV3();
  const length = FIXED_SIGNATURE_BYTES + qeAuthData.length + certificationData.body.length;
  if (bytes.readUInt32LE(signatureAt) !== length) {
    throw new Error('its parts do not fill it');
  }
  if (bytes.subarray(signatureAt + LENGTH_BYTES + length).some((byte) => byte !== 0)) {
    throw new Error('there is something behind its end');
  }
}

const TD_REPORT_10_BYTES = 584;
/** Signature, key, type, size; the QE's report and signature, a size; again type and size. */
const FIXED_SIGNATURE_BYTES = 64 + 64 + 6 + 384 + 64 + 2 + 6;
