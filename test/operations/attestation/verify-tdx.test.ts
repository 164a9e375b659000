import assert from 'node:assert/strict';
import type { TdxPolicy } from '../../../src/config/attestation-policy.js';
import type { Collateral } from '../../../src/operations/attestation/collateral.js';
import { verifyTdxQuote } from '../../../src/operations/attestation/verify-tdx.js';
import { verdictOf } from '../../../src/operations/verify-bundle.js';
import { LENIENT, realQuote } from './quotes.js';
import { type CollateralChanges, createTestPlatform, type QuoteChanges } from './test-platform.js';

const SIGNED = /signed by a processor/;
const PATCHED = /as far patched/;

function look(
  quote: Buffer,
  collateral: Collateral | null,
  atMs: number,
  policy: Partial<TdxPolicy> = {},
) {
  const { checks, reportData } = verifyTdxQuote({
    quote,
    collateral,
    atMs,
    policy: { ...LENIENT, ...policy },
  });
  const check = (pattern: RegExp) => {
    const found = checks.find(({ what }) => pattern.test(what));
    return `${found?.found}: ${found?.details.join('; ')}`;
  };
  return { verdict: verdictOf(checks), check, reportData };
}

/** A copy with one bit turned. */
function turned(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const olderTcbInfo = (info: Record<string, unknown>): void => {
  info.tcbEvaluationDataNumber = 16;
};

const turnedHex = (hex: string, at: number): string =>
  turned(Buffer.from(hex, 'hex'), at).toString('hex');

describe('a quote of a real machine', () => {
  const { quote, collateral, atMs } = realQuote('tdx_quote');

  it('is verified up to the root of Intel, at a time at which its collateral is valid', () => {
    const found = look(quote, collateral, atMs);
    assert.equal(found.verdict, 'verified');
    assert.match(found.check(SIGNED), /^holds: .*44a0196b2b99f889.*: it is Intel's$/);
    assert.match(found.check(PATCHED), /^holds: Intel says UpToDate; by evaluation 17$/);
    assert.equal(found.reportData?.subarray(0, 4).toString('hex'), '9a9d48e7');
  });

  it('is unproven without collateral, and never verified', () => {
    const found = look(quote, null, atMs);
    assert.equal(found.verdict, 'unproven');
    assert.match(found.check(SIGNED), /^unproven: there is no collateral/);
  });

  // Places in a quote of version 4: header 48, body 584, length 4, signature 64, key 64, then the
  // certification data with the QE's report, its signature and the chain.
  const parts: readonly (readonly [string, number])[] = [
    ['version', 0],
    ['kind of key', 2],
    ['kind of environment', 4],
    ['vendor of the QE', 12],
    ['user data of the header', 30],
    ['TCB of the module', 48],
    ['attributes', 48 + 120],
    ['measurement of the machine', 48 + 136],
    ['a register', 48 + 328],
    ['report data', 48 + 520],
    ['last byte of the body', 48 + 583],
    ['length of the signature', 632],
    ['signature', 636],
    ['attestation key', 636 + 64],
    ['report of the QE', 636 + 128 + 6 + 100],
    ['report data of the QE', 636 + 128 + 6 + 320],
    ['signature of the QE', 636 + 128 + 6 + 384],
    ['authentication data of the QE', 636 + 128 + 6 + 384 + 64 + 2],
    ['certificate of the platform', 636 + 128 + 6 + 384 + 64 + 2 + 32 + 6 + 400],
    ['last certificate', 4_936 - 200],
  ];
  for (const [what, at] of parts) {
    it(`is refused with another ${what}, one bit of it`, () => {
      const found = look(turned(quote, at), collateral, atMs);
      assert.equal(found.verdict, 'differs');
      assert.match(found.check(SIGNED), /^fails: ./);
    });
  }

  it('may be filled up with zeros, and with nothing else', () => {
    assert.equal(
      quote.subarray(4_936).every((byte) => byte === 0),
      true,
    );
    assert.equal(look(quote.subarray(0, 4_936), collateral, atMs).verdict, 'verified');
    const stuffed = look(turned(quote, 5_000), collateral, atMs);
    assert.match(stuffed.check(SIGNED), /there is something behind its end/);
  });

  it('is refused when it is cut short, anything else, or too large', () => {
    const cases = [quote.subarray(0, 4_000), quote.subarray(0, 10), Buffer.alloc(0)];
    cases.push(Buffer.alloc(5_000, 0xff), Buffer.concat([quote, Buffer.alloc(40_000)]));
    for (const bytes of cases) {
      assert.match(
        look(bytes, collateral, atMs).check(SIGNED),
        /^fails: it (?:is no quote|has \d)/,
      );
    }
  });

  const changed: readonly (readonly [string, Partial<Collateral>, RegExp])[] = [
    [
      'TCB info',
      { tcb_info: collateral.tcb_info.replace('"UpToDate"', '"OutOfDate"') },
      /Signature is invalid for tcb_info/,
    ],
    [
      'signature of the TCB info',
      { tcb_info_signature: turnedHex(collateral.tcb_info_signature, 9) },
      /Signature is invalid for tcb_info/,
    ],
    [
      'QE identity',
      { qe_identity: collateral.qe_identity.replace('"isvprodid":2', '"isvprodid":1') },
      /Signature is invalid for qe_identity/,
    ],
    [
      'signature of the QE identity',
      { qe_identity_signature: turnedHex(collateral.qe_identity_signature, 9) },
      /Signature is invalid for qe_identity/,
    ],
    // dcap-qvl 0.3.9 takes each of the following for good.
    [
      'list of the root',
      { root_ca_crl: turnedHex(collateral.root_ca_crl, 200) },
      /CRL of the root/,
    ],
    ['list of the platforms', { pck_crl: turnedHex(collateral.pck_crl, 700) }, /the PCK CRL/],
    ['list of the platforms, empty', { pck_crl: '3000' }, /the PCK CRL/],
    ['list of the platforms, of the root', { pck_crl: collateral.root_ca_crl }, /the PCK CRL/],
    [
      'chain of the TCB info',
      { tcb_info_issuer_chain: collateral.pck_crl_issuer_chain },
      /the TCB info: a certificate of "Intel SGX PCK Platform CA"/,
    ],
    [
      'chain of the QE identity',
      { qe_identity_issuer_chain: 'none' },
      /the QE identity: 0 certificates/,
    ],
  ];
  for (const [what, change, pattern] of changed) {
    it(`is refused with another ${what}`, () => {
      const found = look(quote, { ...collateral, ...change }, atMs);
      assert.equal(found.verdict, 'differs');
      assert.match(found.check(SIGNED), pattern);
    });
  }

  it('is refused with the collateral of another platform', () => {
    const other = realQuote('tdx_quote_outdated');
    const found = look(quote, other.collateral, other.atMs);
    assert.match(found.check(SIGNED), /^fails: Fmspc mismatch$/);
  });

  it('is refused before and after the time of its collateral', () => {
    const early = look(quote, collateral, atMs - 7_200_000);
    assert.match(early.check(SIGNED), /^fails: .*in force only from|in the future/);
    const late = look(quote, collateral, atMs + 31 * 86_400_000);
    assert.match(late.check(SIGNED), /^fails: the PCK CRL: it expired at 2025-07-1/);
    assert.equal(look(quote, collateral, Number.NaN).verdict, 'differs');
  });

  it('is refused with another root than the one it ends at', () => {
    const { rootCa } = createTestPlatform(atMs);
    const found = look(quote, collateral, atMs, { rootCa });
    assert.match(found.check(SIGNED), /^fails: .*another root/);
  });

  it('is held against each measurement that the policy names', () => {
    const other = [`${'00'.repeat(47)}01`];
    for (const name of ['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrSeam'] as const) {
      const found = look(quote, collateral, atMs, { [name]: other });
      assert.equal(found.verdict, 'differs', name);
      assert.match(found.check(new RegExp(`^${name} `)), /^fails: it is [0-9a-f]{96}$/);
    }
    const mrTd = [
      '91eb2b44d141d4ece09f0c75c2c53d247a3c68edd7fafe8a3520c942a604a407' +
        'de03ae6dc5f87f27428b2538873118b7',
    ];
    assert.equal(look(quote, collateral, atMs, { mrTd }).verdict, 'verified');
  });

  it('is refused when Intel evaluated anew since then', () => {
    const found = look(quote, collateral, atMs, { minTcbEvaluation: 18 });
    assert.match(found.check(PATCHED), /^fails: .*asks for evaluation 18 or later/);
  });
});

describe('a quote of a real machine that is out of date', () => {
  it('is refused, whatever status the policy allows: it is below all that Intel lists', () => {
    const { quote, collateral, atMs } = realQuote('tdx_quote_outdated');
    for (const tcbStatus of [['UpToDate'], ['UpToDate', 'OutOfDate']]) {
      const found = look(quote, collateral, atMs, { tcbStatus });
      assert.equal(found.verdict, 'differs');
      assert.match(found.check(SIGNED), /^holds/);
      assert.match(found.check(PATCHED), /^fails: it is out of date: below every level/);
    }
    const turnedOne = look(turned(quote, 48 + 6 + 136), collateral, atMs);
    assert.match(turnedOne.check(SIGNED), /^fails: ISV enclave report signature is invalid/);
  });
});

describe('a quote of a platform with keys of its own', () => {
  const atMs = Date.parse('2026-03-01T12:00:00Z');
  const platform = createTestPlatform(atMs);
  const REPORT_DATA = Buffer.alloc(64, 0xda);
  const of = (
    changes: QuoteChanges & CollateralChanges = {},
    policy: Partial<TdxPolicy> = {},
    time = atMs,
  ) =>
    look(platform.quoteOf(REPORT_DATA, changes), platform.collateralOf(changes), time, {
      rootCa: platform.rootCa,
      ...policy,
    });

  it('is verified when the policy names its root, in both versions, and says so', () => {
    for (const version of [4, 5] as const) {
      const found = of({ version });
      assert.equal(found.verdict, 'verified', found.check(SIGNED));
      assert.match(found.check(SIGNED), /named by the policy, not Intel's$/);
      assert.deepEqual(found.reportData, REPORT_DATA);
    }
    assert.match(of({}, { rootCa: null }).check(SIGNED), /^fails: .*another root/);
  });

  it('is refused while it can be debugged', () => {
    const found = of({ tdAttributes: '0100001000000000' });
    assert.match(found.check(/debugging is off/), /^fails: its attributes are 0100001000000000$/);
    assert.equal(found.verdict, 'differs');
  });

  it('is refused where the host may raise exceptions in it by taking its pages away', () => {
    // SEPT_VE_DISABLE, bit 28 of the attributes: that dcap-qvl holds it is held here.
    const found = of({ tdAttributes: '0000000000000000' });
    assert.equal(found.verdict, 'differs');
    assert.match(found.check(SIGNED), /^fails: SEPT_VE_DISABLE is not enabled$/);
    assert.match(found.check(/debugging is off/), /^holds/);
  });

  it('is refused where another machine may migrate it', () => {
    const none = of({ mrServiceTd: Buffer.alloc(48) });
    assert.equal(none.verdict, 'verified', none.check(SIGNED));
    for (const at of [0, 47]) {
      const found = of({ mrServiceTd: turned(Buffer.alloc(48), at) });
      assert.equal(found.verdict, 'differs');
      assert.match(found.check(SIGNED), /^fails: Invalid mr service td$/);
    }
  });

  it('is refused when either the TCB info or the QE identity is of an older evaluation', () => {
    const [asked, change] = [{ minTcbEvaluation: 17 }, olderTcbInfo];
    assert.equal(of({}, asked).verdict, 'verified');
    for (const older of [{ qeEvaluation: 16 }, { change }]) {
      const found = of(older, asked);
      const expected = /^fails: .*by evaluation 16; the policy asks for evaluation 17 or later$/;
      assert.match(found.check(PATCHED), expected);
    }
  });

  it('is judged by the worst of platform, module and QE, with their advisories', () => {
    const cases: [CollateralChanges, string][] = [
      [{ tcbStatus: 'SWHardeningNeeded' }, 'SWHardeningNeeded'],
      [{ tcbStatus: 'OutOfDate' }, 'OutOfDate'],
      [{ moduleStatus: 'OutOfDate' }, 'OutOfDate'],
      [{ qeStatus: 'OutOfDate' }, 'OutOfDate'],
      [{ moduleStatus: 'Revoked' }, 'Revoked'],
      [
        { tcbStatus: 'ConfigurationNeeded', moduleStatus: 'OutOfDate' },
        'OutOfDateConfigurationNeeded',
      ],
    ];
    for (const [changes, status] of cases) {
      const found = of({ ...changes, advisories: ['INTEL-SA-00837'] });
      const expected = new RegExp(
        `^fails: Intel says ${status}: INTEL-SA-00837; .*allows UpToDate$`,
      );
      assert.match(found.check(PATCHED), expected);
      if (status === 'Revoked') continue;
      assert.equal(of(changes, { tcbStatus: ['UpToDate', status] }).verdict, 'verified', status);
    }
    assert.match(of({ tcbStatus: 'Revoked' }).check(SIGNED), /^fails: .*Revoked/);
  });

  it('is refused when its module is not one that Intel signed and knows', () => {
    const cases: [QuoteChanges, RegExp][] = [
      [{ mrSignerSeam: Buffer.alloc(48, 1) }, /signed by somebody else/],
      [{ seamAttributes: Buffer.from('0100000000000000', 'hex') }, /has other attributes/],
      [{ moduleSvn: [6, 2] }, /knows no module TDX_02/],
      [{ moduleSvn: [2, 1] }, /^$/],
    ];
    for (const [changes, pattern] of cases.slice(0, 3)) {
      assert.match(of(changes).check(SIGNED), pattern);
    }
    assert.match(of({ moduleSvn: [2, 1] }).check(PATCHED), /^fails: Intel says OutOfDate/);
  });

  it('is refused when a certificate of it was revoked', () => {
    for (const revoked of ['pck', 'pckIssuer', 'tcbSigner'] as const) {
      assert.match(of({ revoked }).check(SIGNED), /^fails: .*(?:was|is) revoked/, revoked);
    }
  });

  it('is refused when a list of revoked certificates is old, or of somebody else', () => {
    assert.match(of({ crlUntilMs: atMs - 1_000 }).check(SIGNED), /the CRL of the root: it expired/);
    assert.match(
      of({ crlSigner: 'stranger' }).check(SIGNED),
      /signature is not that of its issuer/,
    );
  });

  it('is refused when the key of a platform signs in the place of Intel', () => {
    // A key that was taken out of one processor must not speak for all of them.
    assert.match(of({ signer: 'pck' }).check(SIGNED), /the TCB info: .*does not consist|3 cert/);
  });

  it('is refused with collateral of SGX, or a quote of it', () => {
    const change = (info: Record<string, unknown>): void => {
      info.id = 'SGX';
    };
    assert.match(of({ change }).check(SIGNED), /^fails: the TCB info has another id/);
    assert.match(of({ teeType: 0 }).check(SIGNED), /^fails: it is no quote of TDX/);
    assert.match(of({ qeAttributes: 0x13 }).check(SIGNED), /^fails: Debug mode is enabled/);
  });

  it('holds what is mostly unused against zeros, unless the policy says otherwise', () => {
    const zeros = ['00'.repeat(48)];
    const policy = { mrConfigId: zeros };
    assert.equal(of({}, policy).verdict, 'verified');
    assert.equal(of({ mrConfigId: Buffer.alloc(48, 1) }, policy).verdict, 'differs');
  });
});
