import assert from 'node:assert/strict';
import { sha256 } from '../../../src/base/bytes.js';
import { systemClock } from '../../../src/base/clock.js';
import { createLocalSigner } from '../../../src/chain/signer.js';
import {
  type AttestedFields,
  reportDataOf,
} from '../../../src/operations/attestation/attested-fields.js';
import { makeAttestation } from '../../../src/operations/attestation/make-attestation.js';
import { readSnpReport } from '../../../src/operations/attestation/snp-report.js';
import { verifyAttestation } from '../../../src/operations/attestation/verify-attestation.js';
import { LENIENT } from './quotes.js';

/** A report of AMD SEV-SNP with each part at its place (56860, "ATTESTATION_REPORT"). */
function snpReport(reportData: Buffer): Buffer {
  const report = Buffer.alloc(1_184);
  report.writeUInt32LE(2, 0);
  report.writeBigUInt64LE(0x30000n, 0x08);
  report.writeUInt32LE(1, 0x34);
  reportData.copy(report, 0x50);
  report.fill(0x3e, 0x90, 0xc0);
  report.fill(0xc1, 0x1a0, 0x1e0);
  report.writeUInt8(7, 0x2a0);
  report.writeUInt8(9, 0x2a0 + 72);
  return report;
}

const node = createLocalSigner(sha256('a node'));
const fields: AttestedFields = {
  magic: 1,
  gateway: `0x${'0a'.repeat(20)}`,
  nodeAccount: node.account,
  verificationScript: node.verificationScript,
  randomPublicKey: null,
  secretsPublicKey: null,
  buildDigest: Buffer.alloc(32, 1),
  block: { index: 1, hash: `0x${'0b'.repeat(32)}`, timeMs: 1 },
  nonce: null,
};

const made = (quoteOf: (asked: Buffer) => Buffer) =>
  makeAttestation({
    provider: {
      name: 'configfs-tsm',
      requirePresent() {},
      quote: async (asked) => ({
        tee: 'sev-snp',
        quote: quoteOf(asked),
        auxBlob: null,
        eventLog: null,
      }),
    },
    fields,
    blockHeader: Buffer.alloc(1),
    version: '0.1.0',
    clock: systemClock,
    collateralOf: async () => null,
  });

describe('a report of AMD SEV-SNP', () => {
  it('is taken apart by the places of its parts', () => {
    const read = readSnpReport(snpReport(Buffer.alloc(64, 0xda)));
    assert.deepEqual(read.reportData, Buffer.alloc(64, 0xda));
    assert.deepEqual(read.measurement, Buffer.alloc(48, 0x3e));
    assert.deepEqual(read.chipId, Buffer.alloc(64, 0xc1));
    assert.deepEqual([read.policy, read.signatureAlgorithm, read.signingKey], [0x30000n, 1, 0]);
    assert.equal(read.signedBytes.length, 0x2a0);
    assert.deepEqual([read.signature[47], read.signature[95], read.signature.length], [7, 9, 96]);
  });

  it('is refused in another size or version, or with a signature of another curve', () => {
    const good = snpReport(Buffer.alloc(64));
    assert.throws(() => readSnpReport(good.subarray(1)), /a report of 1183 bytes; expected 1184/);
    const changed = (at: number): Buffer => {
      const report = Buffer.from(good);
      report[at] = 9;
      return report;
    };
    assert.throws(() => readSnpReport(changed(0)), /a report of version 9/);
    assert.throws(() => readSnpReport(changed(0x2a0 + 60)), /not of P-384/);
  });

  it('is passed on only if it carries what was asked for', async () => {
    const attestation = await made(snpReport);
    assert.deepEqual(readSnpReport(attestation.quote).reportData, reportDataOf(fields));
    await assert.rejects(
      made(() => snpReport(Buffer.alloc(64))),
      { code: 'ATTESTATION_PROVIDER', message: /for other data than it was asked for/ },
    );
  });

  it('is never verified', async () => {
    const policy = {
      magic: 1,
      gateway: fields.gateway,
      nodeAccount: 'any',
      buildDigest: 'any',
      randomKey: 'any',
      secretsKey: 'any',
      maxAgeMs: 1_000,
      consensus: [],
      tdx: LENIENT,
    } as const;
    const { verdict, checks } = verifyAttestation(await made(snpReport), {
      policy,
      collateral: null,
      known: { atMs: 1, nonce: null, onChain: fields.block.hash },
    });
    assert.equal(verdict, 'differs');
    assert.match(checks[0]?.what ?? '', /quotes of sev-snp are verified/);
    assert.match(checks[0]?.details.join() ?? '', /NOT VERIFIED/);
  });
});
