import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Collateral } from '../../../src/operations/attestation/collateral.js';
import {
  bitString,
  type Certificate,
  createCertificate,
  der,
  extension,
  name,
  oid,
  sequence,
  utcTime,
} from '../../net/certificates.js';

/** Hex of what Intel names its extension of certificates, 1.2.840.113741.1.13.1. */
const SGX = '2a864886f84d010d01';
const FMSPC = '00906ed50000';
const CPU_SVN = Buffer.alloc(16, 3);
const PCE_SVN = 11;
const DAY_MS = 86_400_000;
const MEASUREMENT = 48;
const QE_SIGNER = Buffer.alloc(32, 0x51);

/** What a quote says, as far as tests change it. */
export interface QuoteChanges {
  readonly version?: 4 | 5;
  /** A service TD that may migrate it: such a report is one of TDX 1.5, in version 5. */
  readonly mrServiceTd?: Buffer;
  readonly tdAttributes?: string;
  readonly mrTd?: Buffer;
  readonly mrSignerSeam?: Buffer;
  readonly seamAttributes?: Buffer;
  readonly mrConfigId?: Buffer;
  /** Two bytes: the level of the module, and its generation. */
  readonly moduleSvn?: readonly [number, number];
  readonly teeType?: number;
  readonly qeAttributes?: number;
}

/** What the collateral says, likewise. */
export interface CollateralChanges {
  readonly tcbStatus?: string;
  readonly advisories?: readonly string[];
  readonly moduleStatus?: string;
  readonly qeStatus?: string;
  readonly qeEvaluation?: number;
  readonly revoked?: 'pck' | 'pckIssuer' | 'tcbSigner';
  readonly crlUntilMs?: number;
  /** Signs TCB info and QE identity in the place of the right one. */
  readonly signer?: 'pck' | 'tcbSigner';
  readonly crlSigner?: 'root' | 'stranger';
  readonly change?: (tcbInfo: Record<string, unknown>) => void;
}

export interface TestPlatform {
  /** PEM of the root that all of it ends at: none of Intel's. */
  readonly rootCa: string;
  quoteOf(reportData: Buffer, changes?: QuoteChanges): Buffer;
  collateralOf(changes?: CollateralChanges): Collateral;
}

/**
 * A platform with keys of its own, in every particular built as those of Intel are, so that a quote
 * can be had for any report data. The real quotes beside it show that this is the right build.
 */
export function createTestPlatform(atMs: number): TestPlatform {
  const times = { notBefore: new Date(atMs - DAY_MS), notAfter: new Date(atMs + 365 * DAY_MS) };
  const make = (commonName: string, by?: string, more: object = {}): Certificate =>
    createCertificate({ commonName, ...times, ...more, ...(by ? { issuer: issuer(by) } : {}) });
  const made = new Map<string, Certificate>();
  const issuer = (commonName: string) => ({ commonName, certificate: get(commonName) });
  const get = (commonName: string): Certificate => made.get(commonName) as Certificate;
  const [ROOT, PCK_CA] = ['Intel SGX Root CA', 'Intel SGX PCK Platform CA'];
  const [PCK, SIGNER] = ['Intel SGX PCK Certificate', 'Intel SGX TCB Signing'];
  made.set(ROOT, make(ROOT, undefined, { isAuthority: true }));
  made.set(PCK_CA, make(PCK_CA, ROOT, { isAuthority: true }));
  made.set(PCK, make(PCK, PCK_CA, { extensions: [sgxExtension()] }));
  made.set(SIGNER, make(SIGNER, ROOT));
  const chain = (...names: string[]): string => names.map((each) => get(each).cert).join('');
  const keys: Keys = {
    pck: get(PCK),
    pckIssuer: get(PCK_CA),
    tcbSigner: get(SIGNER),
    root: get(ROOT),
    stranger: make(ROOT, undefined, { isAuthority: true }),
  };
  return {
    rootCa: get(ROOT).cert,
    quoteOf: (reportData, changes = {}) =>
      quote(reportData, changes, get(PCK).key, chain(PCK, PCK_CA, ROOT)),
    collateralOf: (changes = {}) => {
      const { signer = 'tcbSigner', crlSigner, crlUntilMs = atMs + 30 * DAY_MS } = changes;
      const signed = signer === 'pck' ? chain(PCK, PCK_CA, ROOT) : chain(SIGNER, ROOT);
      const [tcbInfo, qe] = [tcbInfoText(atMs, changes), qeIdentityText(atMs, changes)];
      const gone = changes.revoked;
      const crlOf = (by: Certificate, commonName: string, revoked: Certificate | null): string =>
        crl({ by, commonName, fromMs: atMs - DAY_MS, untilMs: crlUntilMs, revoked });
      const byRoot = gone === 'pckIssuer' || gone === 'tcbSigner' ? keys[gone] : null;
      const rootKey = crlSigner === undefined ? keys.root : keys[crlSigner];
      return {
        pck_crl_issuer_chain: chain(PCK_CA, ROOT),
        root_ca_crl: crlOf(rootKey, ROOT, byRoot),
        pck_crl: crlOf(keys.pckIssuer, PCK_CA, gone === 'pck' ? keys.pck : null),
        tcb_info_issuer_chain: signed,
        tcb_info: tcbInfo,
        tcb_info_signature: p1363(keys[signer].key, Buffer.from(tcbInfo)).toString('hex'),
        qe_identity_issuer_chain: signed,
        qe_identity: qe,
        qe_identity_signature: p1363(keys[signer].key, Buffer.from(qe)).toString('hex'),
      };
    },
  };
}

type Keys = Record<'pck' | 'pckIssuer' | 'tcbSigner' | 'root' | 'stranger', Certificate>;

const p1363 = (key: string | Buffer, bytes: Buffer): Buffer =>
  sign('sha256', bytes, { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });

const octets = (bytes: Buffer): Buffer => der(0x04, bytes);
const pair = (id: string, value: Buffer): Buffer => sequence(oid(SGX + id), value);

function sgxExtension(): Buffer {
  const tcb = sequence(
    pair('0211', der(0x02, Buffer.from([PCE_SVN]))),
    pair('0212', octets(CPU_SVN)),
  );
  const items = [pair('02', tcb), pair('04', octets(Buffer.from(FMSPC, 'hex')))];
  return extension(SGX, false, sequence(...items));
}

function quote(reportData: Buffer, changes: QuoteChanges, pckKey: string, chain: string): Buffer {
  const { mrServiceTd, teeType = 0x81, qeAttributes = 0x11 } = changes;
  const { version = mrServiceTd === undefined ? 4 : 5 } = changes;
  const more = mrServiceTd === undefined ? [] : [Buffer.alloc(16), mrServiceTd];
  const body = Buffer.concat([tdReport(reportData, changes), ...more]);
  const kind = uint16(mrServiceTd === undefined ? 2 : 3);
  const head = version === 5 ? Buffer.concat([kind, uint32(body.length)]) : Buffer.alloc(0);
  const signed = Buffer.concat([
    uint16(version),
    uint16(2),
    uint32(teeType),
    Buffer.alloc(4),
    Buffer.from('939a7233f79c4ca9940a0db3957f0607', 'hex'),
    Buffer.alloc(20),
    head,
    body,
  ]);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-64);
  const qeAuth = Buffer.alloc(32, 7);
  const bound = createHash('sha256').update(point).update(qeAuth).digest();
  const qeReport = enclaveReport(bound, qeAttributes);
  const certificates = Buffer.from(chain);
  const certification = Buffer.concat([
    qeReport,
    p1363(pckKey, qeReport),
    uint16(qeAuth.length),
    qeAuth,
    uint16(5),
    uint32(certificates.length),
    certificates,
  ]);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signature = Buffer.concat([
    p1363(key, signed),
    point,
    uint16(6),
    uint32(certification.length),
    certification,
  ]);
  return Buffer.concat([signed, uint32(signature.length), signature]);
}

function tdReport(reportData: Buffer, changes: QuoteChanges): Buffer {
  const {
    tdAttributes = '0000001000000000',
    mrTd = Buffer.alloc(MEASUREMENT, 0xd1),
    mrSignerSeam = Buffer.alloc(MEASUREMENT),
    seamAttributes = Buffer.alloc(8),
    mrConfigId = Buffer.alloc(MEASUREMENT),
    moduleSvn = [6, 1],
  } = changes;
  const teeTcbSvn = Buffer.alloc(16);
  teeTcbSvn.set([...moduleSvn, 3]);
  return Buffer.concat([
    teeTcbSvn,
    Buffer.alloc(MEASUREMENT, 0x5e),
    mrSignerSeam,
    seamAttributes,
    Buffer.from(tdAttributes, 'hex'),
    Buffer.alloc(8, 0xe7),
    mrTd,
    mrConfigId,
    Buffer.alloc(2 * MEASUREMENT),
    ...[0xa0, 0xa1, 0xa2, 0xa3].map((byte) => Buffer.alloc(MEASUREMENT, byte)),
    reportData,
  ]);
}

function enclaveReport(bound: Buffer, attributes: number): Buffer {
  const report = Buffer.alloc(384);
  report[48] = attributes;
  QE_SIGNER.copy(report, 128);
  report.writeUInt16LE(2, 256);
  report.writeUInt16LE(4, 258);
  bound.copy(report, 320);
  return report;
}

const svns = (list: readonly number[]) =>
  Array.from({ length: 16 }, (_, at) => ({ svn: list[at] ?? 0 }));

function tcbInfoText(atMs: number, changes: CollateralChanges): string {
  const zeros = '00'.repeat(MEASUREMENT);
  const module = { mrsigner: zeros, attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
  const level = (isvsvn: number, tcbStatus: string) => ({ tcb: { isvsvn }, tcbStatus });
  const info: Record<string, unknown> = {
    id: 'TDX',
    version: 3,
    ...window(atMs),
    fmspc: FMSPC.toUpperCase(),
    pceId: '0000',
    tcbType: 0,
    tcbEvaluationDataNumber: 17,
    tdxModule: module,
    tdxModuleIdentities: [
      {
        ...module,
        id: 'TDX_01',
        tcbLevels: [level(5, changes.moduleStatus ?? 'UpToDate'), level(2, 'OutOfDate')],
      },
    ],
    tcbLevels: [
      {
        tcb: {
          sgxtcbcomponents: svns([3, 3]),
          tdxtcbcomponents: svns([2, 0, 3]),
          pcesvn: PCE_SVN,
        },
        tcbDate: '2024-03-13T00:00:00Z',
        tcbStatus: changes.tcbStatus ?? 'UpToDate',
        advisoryIDs: changes.advisories ?? [],
      },
    ],
  };
  changes.change?.(info);
  return JSON.stringify(info);
}

const window = (atMs: number) => ({
  issueDate: `${new Date(atMs - 3_600_000).toISOString().slice(0, 19)}Z`,
  nextUpdate: `${new Date(atMs + 30 * DAY_MS).toISOString().slice(0, 19)}Z`,
});

function qeIdentityText(atMs: number, changes: CollateralChanges): string {
  return JSON.stringify({
    id: 'TD_QE',
    version: 2,
    ...window(atMs),
    tcbEvaluationDataNumber: changes.qeEvaluation ?? 17,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: `11${'00'.repeat(15)}`,
    attributesMask: `FB${'FF'.repeat(7)}${'00'.repeat(8)}`,
    mrsigner: QE_SIGNER.toString('hex').toUpperCase(),
    isvprodid: 2,
    tcbLevels: [{ tcb: { isvsvn: 4 }, tcbStatus: changes.qeStatus ?? 'UpToDate' }],
  });
}

function crl(options: {
  readonly by: Certificate;
  readonly commonName: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly revoked: Certificate | null;
}): string {
  const { by, commonName, fromMs, untilMs, revoked } = options;
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const from = utcTime(new Date(fromMs));
  const entry = revoked === null ? null : sequence(serialOf(revoked), from);
  const body = sequence(
    der(0x02, Buffer.from([1])),
    algorithm,
    name(commonName),
    from,
    utcTime(new Date(untilMs)),
    ...(entry === null ? [] : [sequence(entry)]),
  );
  const signature = sign('sha256', body, createPrivateKey(by.key));
  return sequence(body, algorithm, bitString(signature)).toString('hex');
}

/** The first INTEGER of 16 bytes: `createCertificate` makes serial numbers so. */
function serialOf({ cert }: Certificate): Buffer {
  const bytes = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = bytes.indexOf(Buffer.from([0x02, 0x10]));
  return bytes.subarray(at, at + 18);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
