import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../../src/base/bytes.js';
import { type Hash160, scriptHash } from '../../../src/base/hash.js';
import { isSignedHeader, readRawHeader } from '../../../src/chain/raw-header.js';
import { createLocalSigner, createMultisigSigner, type Signer } from '../../../src/chain/signer.js';
import type { AttestationPolicy } from '../../../src/config/attestation-policy.js';
import {
  type Attestation,
  attestationText,
  parseAttestation,
  readAttestation,
} from '../../../src/operations/attestation/attestation-file.js';
import {
  type AttestedFields,
  fieldBytes,
  reportDataOf,
} from '../../../src/operations/attestation/attested-fields.js';
import type { KnownTime } from '../../../src/operations/attestation/check-freshness.js';
import { MAX_ATTESTATION_BYTES } from '../../../src/operations/attestation/quote-limits.js';
import { verifyAttestation } from '../../../src/operations/attestation/verify-attestation.js';
import { LENIENT } from './quotes.js';
import { createTestPlatform } from './test-platform.js';

const MAGIC = 56_753;
const GATEWAY: Hash160 = `0x${'0a'.repeat(20)}`;
const BLOCK_MS = Date.parse('2026-03-01T12:00:00Z');
const AT_MS = BLOCK_MS + 60_000;
const consensus = createMultisigSigner(
  3,
  signers(4).map(({ publicKey }) => publicKey),
  signers(4),
);
const platform = createTestPlatform(AT_MS);

/** The same keys each time that they are asked for. */
function signers(count: number): Signer[] {
  return Array.from({ length: count }, (_, at) => createLocalSigner(sha256(`validator ${at}`)));
}

/** A header as Neo serializes it, signed by consensus. */
async function header(options: { timeMs?: number; magic?: number; signer?: Signer } = {}) {
  const { timeMs = BLOCK_MS, magic = MAGIC, signer = consensus } = options;
  const body = Buffer.alloc(109);
  body.fill(0x11, 4, 68);
  body.writeBigUInt64LE(BigInt(timeMs), 68);
  body.writeUInt32LE(1_234, 84);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(magic);
  const signatures = await signer.sign(Buffer.concat([prefix, sha256(body)]));
  const pushes = Array.from({ length: signatures.length / 64 }, (_, at) =>
    Buffer.concat([Buffer.from([0x0c, 64]), signatures.subarray(at * 64, (at + 1) * 64)]),
  );
  const invocation = Buffer.concat(pushes);
  const { verificationScript: script } = signer;
  return Buffer.concat([body, Buffer.from([1]), varBytes(invocation), varBytes(script)]);
}

const varBytes = (bytes: Buffer): Buffer =>
  bytes.length < 0xfd
    ? Buffer.concat([Buffer.from([bytes.length]), bytes])
    : Buffer.concat([Buffer.from([0xfd, bytes.length & 0xff, bytes.length >> 8]), bytes]);

const node = createLocalSigner(sha256('the node'));

async function attestation(changes: Partial<AttestedFields> = {}, raw?: Buffer) {
  const blockHeader = raw ?? (await header());
  const { index, hash, timeMs } = readRawHeader(blockHeader);
  const fields: AttestedFields = {
    magic: MAGIC,
    gateway: GATEWAY,
    nodeAccount: node.account,
    verificationScript: node.verificationScript,
    randomPublicKey: Buffer.alloc(96, 0x81),
    secretsPublicKey: Buffer.alloc(32, 0x5e),
    buildDigest: Buffer.alloc(32, 0xb0),
    block: { index, hash, timeMs },
    nonce: null,
    ...changes,
  };
  const made: Attestation = {
    provider: 'configfs-tsm',
    tee: 'tdx',
    madeAtMs: AT_MS,
    version: '0.1.0',
    fields,
    blockHeader,
    quote: platform.quoteOf(reportDataOf(fields)),
    auxBlob: null,
    eventLog: null,
    collateral: platform.collateralOf(),
  };
  return made;
}

const POLICY: AttestationPolicy = {
  magic: MAGIC,
  gateway: GATEWAY,
  nodeAccount: [node.account],
  buildDigest: ['b0'.repeat(32)],
  randomKey: ['81'.repeat(96)],
  secretsKey: ['5e'.repeat(32)],
  maxAgeMs: 3_600_000,
  consensus: [consensus.account],
  tdx: { ...LENIENT, rootCa: platform.rootCa, mrTd: ['d1'.repeat(48)] },
};

function look(
  made: Attestation,
  policy: Partial<AttestationPolicy> = {},
  known: Partial<KnownTime> = {},
) {
  const { verdict, checks } = verifyAttestation(made, {
    policy: { ...POLICY, ...policy },
    collateral: null,
    known: { atMs: AT_MS, nonce: null, ...known },
  });
  const bad = checks.filter(({ found }) => found === 'fails' || found === 'unproven');
  return {
    verdict,
    bad: bad.map(({ what, details }) => `${what}: ${details.join('; ')}`).join('\n'),
  };
}

describe('what a quote speaks for', () => {
  it('has one place and one width for each field, as documented', async () => {
    const { fields } = await attestation({ nonce: Buffer.alloc(32, 0x0e) });
    const bytes = fieldBytes(fields);
    const at = (from: number, length: number): string =>
      bytes.subarray(from, from + length).toString('hex');
    assert.equal(bytes.length, 344);
    assert.equal(bytes.subarray(0, 32).toString('ascii'), 'dodona attestation 1'.padEnd(32, '\0'));
    assert.equal(bytes.readUInt32LE(32), MAGIC);
    assert.equal(at(36, 20), '0a'.repeat(20));
    assert.equal(`0x${Buffer.from(at(56, 20), 'hex').reverse().toString('hex')}`, node.account);
    assert.equal(at(76, 32), sha256(node.verificationScript).toString('hex'));
    assert.equal(at(108, 96), '81'.repeat(96));
    assert.equal(at(204, 32), '5e'.repeat(32));
    assert.equal(at(236, 32), 'b0'.repeat(32));
    assert.equal(bytes.readUInt32LE(268), 1_234);
    const hash = Buffer.from(at(272, 32), 'hex').reverse().toString('hex');
    assert.equal(`0x${hash}`, fields.block.hash);
    assert.equal(bytes.readBigUInt64LE(304), BigInt(BLOCK_MS));
    assert.equal(at(312, 32), '0e'.repeat(32));
    assert.deepEqual(reportDataOf(fields), createHash('sha512').update(bytes).digest());
  });

  it('is another with any other field', async () => {
    const { fields } = await attestation();
    const others: Partial<AttestedFields>[] = [
      { magic: MAGIC + 1 },
      { gateway: `0x${'0b'.repeat(20)}` },
      { nodeAccount: GATEWAY },
      { verificationScript: Buffer.from('00', 'hex') },
      { randomPublicKey: null },
      { secretsPublicKey: null },
      { buildDigest: Buffer.alloc(32, 1) },
      { block: { ...fields.block, index: 1 } },
      { block: { ...fields.block, hash: `0x${'cc'.repeat(32)}` } },
      { block: { ...fields.block, timeMs: 1 } },
      { nonce: Buffer.alloc(32, 1) },
    ];
    const all = [fields, ...others.map((other) => ({ ...fields, ...other }))];
    const hashes = new Set(all.map((each) => reportDataOf(each).toString('hex')));
    assert.equal(hashes.size, others.length + 1);
  });

  it('refuses keys that stand for none, or are of another size', async () => {
    const { fields } = await attestation();
    const wrong = [Buffer.alloc(32), Buffer.alloc(31, 1)];
    for (const secretsPublicKey of wrong) {
      assert.throws(() => fieldBytes({ ...fields, secretsPublicKey }), /secrets key: expected 32/);
    }
  });
});

describe('an attestation', () => {
  it('is verified offline when all in it is as the policy says', async () => {
    const made = parseAttestation(attestationText(await attestation()));
    assert.deepEqual(look(made), { verdict: 'verified', bad: '' });
  });

  it('differs when a field was changed afterwards, each by itself', async () => {
    const made = await attestation();
    const { fields } = made;
    const stranger = createLocalSigner(sha256('a stranger'));
    const changes: Partial<AttestedFields>[] = [
      { magic: 1 },
      { gateway: `0x${'0b'.repeat(20)}` },
      { nodeAccount: stranger.account, verificationScript: stranger.verificationScript },
      { randomPublicKey: Buffer.alloc(96, 0x82) },
      { secretsPublicKey: null },
      { buildDigest: Buffer.alloc(32, 1) },
      { block: { ...fields.block, timeMs: fields.block.timeMs + 1 } },
      { nonce: randomBytes(32) },
    ];
    for (const change of changes) {
      const { verdict, bad } = look({ ...made, fields: { ...fields, ...change } });
      assert.equal(verdict, 'differs');
      assert.match(bad, /it carries their hash: the fields hash to/);
    }
  });

  it('differs when what it speaks for is not what the policy asks for', async () => {
    const other = (await attestation()).fields;
    const cases: [Partial<AttestationPolicy>, RegExp][] = [
      [{ magic: 860_833_102 }, /the policy says 0x0a0a.* on network 860833102/],
      [{ gateway: `0x${'0b'.repeat(20)}` }, /serves the gateway/],
      [{ nodeAccount: [GATEWAY] }, /the account that answers/],
      [{ buildDigest: [`${'00'.repeat(31)}01`] }, /the program is one.*: it is b0b0/],
      [{ randomKey: ['82'.repeat(96)] }, /the key of random numbers/],
      [{ secretsKey: ['5f'.repeat(32)] }, /the key for secrets/],
      [{ tdx: { ...LENIENT, rootCa: platform.rootCa, mrTd: ['00'.repeat(48)] } }, /mrTd/],
      [{ tdx: null }, /the policy allows quotes of tdx: it has no section of that name/],
    ];
    assert.equal(other.magic, MAGIC);
    for (const [policy, pattern] of cases) {
      const { verdict, bad } = look(await attestation(), policy);
      assert.equal(verdict, 'differs');
      assert.match(bad, pattern);
    }
  });

  it('differs when its account is not the one of its keys', async () => {
    const { verdict, bad } = look(await attestation({ nodeAccount: GATEWAY }), {
      nodeAccount: 'any',
    });
    assert.equal(verdict, 'differs');
    assert.match(bad, /is not the account of the verification script/);
  });

  it('without keys is taken only where the policy says so', async () => {
    const bare = await attestation({ randomPublicKey: null, secretsPublicKey: null });
    assert.match(look(bare).bad, /the key of random numbers .*: it is none/);
    assert.equal(look(bare, { randomKey: 'any', secretsKey: 'any' }).verdict, 'verified');
  });

  it('is no longer taken when its block is too old, or of the future', async () => {
    const made = await attestation();
    assert.equal(look(made, {}, { atMs: BLOCK_MS + 3_600_000 }).verdict, 'verified');
    assert.match(look(made, {}, { atMs: BLOCK_MS + 3_600_001 }).bad, /not older than 3600 s/);
    assert.equal(look(made, {}, { atMs: BLOCK_MS - 120_000 }).verdict, 'verified');
    assert.match(look(made, {}, { atMs: BLOCK_MS - 120_001 }).bad, /of the future/);
  });

  it('must carry a block that consensus signed, on this network', async () => {
    const forged = createMultisigSigner(1, [node.publicKey], [node]);
    const byOthers = await attestation({}, await header({ signer: forged }));
    assert.match(look(byOthers).bad, /block 1234 is one of the network: it is signed by N/);
    const elsewhere = await attestation({}, await header({ magic: MAGIC + 1 }));
    assert.match(look(elsewhere).bad, /it has no signatures of N/);
    const signed = await header();
    const torn = Buffer.from(signed);
    torn[120] = (torn[120] ?? 0) ^ 1;
    assert.match(look(await attestation({}, torn)).bad, /it has no signatures of N/);
  });

  it('must carry the header of its own block', async () => {
    const made = await attestation();
    const other = { ...made, blockHeader: await header({ timeMs: BLOCK_MS + 1 }) };
    assert.match(look(other).bad, /not that of the block in the fields/);
    const cut = { ...made, blockHeader: made.blockHeader.subarray(0, 90) };
    assert.match(look(cut).bad, /block 1234 is one of the network: cut short/);
  });

  it('is unproven while nothing shows that its block is one of the network', async () => {
    const made = await attestation();
    const { verdict, bad } = look(made, { consensus: [] });
    assert.equal(verdict, 'unproven');
    assert.match(bad, /anybody can make up a block/);
    const { hash } = made.fields.block;
    assert.equal(look(made, { consensus: [] }, { onChain: hash }).verdict, 'verified');
    const other = look(made, { consensus: [] }, { onChain: `0x${'cc'.repeat(32)}` });
    assert.equal(other.verdict, 'differs');
    assert.match(look(made, {}, { onChain: null }).bad, /block 1234 is not there/);
  });

  it('must carry the nonce that was asked for', async () => {
    const nonce = randomBytes(32);
    const asked = await attestation({ nonce });
    assert.equal(look(asked, {}, { nonce }).verdict, 'verified');
    assert.match(look(asked, {}, { nonce: randomBytes(32) }).bad, /it carries another one/);
    assert.match(look(await attestation(), {}, { nonce }).bad, /it carries none/);
  });
});

describe('the file of an attestation', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-attestation-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds it whole', async () => {
    const file = join(folder, 'whole.json');
    const made = await attestation({ nonce: randomBytes(32), randomPublicKey: null });
    const full = { ...made, auxBlob: Buffer.from('aux'), eventLog: '[]', collateral: null };
    for (const each of [made, full]) {
      writeFileSync(file, attestationText(each));
      assert.deepEqual(readAttestation(file), each);
    }
  });

  it('is read strictly, and no further than a bound', async () => {
    const file = join(folder, 'changed.json');
    const good = JSON.parse(attestationText(await attestation()));
    const { fields } = good;
    const cases: [object, RegExp][] = [
      [{ dodonaAttestation: 2 }, /"dodonaAttestation" is not as it is/],
      [{ more: 1 }, /"more" is not as it is/],
      [{ tee: 'sgx' }, /"tee"/],
      [{ quote: '!' }, /"quote"/],
      [{ fields: { ...fields, magic: -1 } }, /"fields\.magic"/],
      [{ fields: { ...fields, nonce: '00'.repeat(32) } }, /"fields\.nonce"/],
      [{ fields: { ...fields, randomPublicKey: '81' } }, /"fields\.randomPublicKey"/],
      [{ collateral: { ...good.collateral, pck_certificate_chain: 'x' } }, /pck_certificate_chain/],
    ];
    for (const [change, pattern] of cases) {
      writeFileSync(file, JSON.stringify({ ...good, ...change }));
      assert.throws(() => readAttestation(file), pattern);
    }
    writeFileSync(file, 'no');
    assert.throws(() => readAttestation(file), /cannot read .*changed\.json/);
    writeFileSync(file, ' '.repeat(MAX_ATTESTATION_BYTES + 1));
    assert.throws(() => readAttestation(file), /at most 2097152 are read/);
  });
});

describe('the header of a block', () => {
  it('is signed by as many keys as its account asks for, in their order', async () => {
    const good = readRawHeader(await header());
    assert.equal(isSignedHeader(good, MAGIC), true);
    assert.equal(good.signedBy, scriptHash(consensus.verificationScript));
    const pushes = [0, 1, 2].map((at) => good.invocationScript.subarray(at * 66, (at + 1) * 66));
    const again = (...order: number[]): boolean => {
      const invocationScript = Buffer.concat(order.map((at) => pushes[at] ?? Buffer.alloc(0)));
      return isSignedHeader({ ...good, invocationScript }, MAGIC);
    };
    assert.equal(again(0, 1, 2), true);
    for (const order of [[0, 1], [0, 0, 0], [2, 1, 0], [0, 1, 2, 2], []]) {
      assert.equal(again(...order), false, order.join());
    }
  });
});
