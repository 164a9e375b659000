import * as HPKE from 'hpke';
import { z } from 'zod';
import { type Hash160, hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import { MAX_SECRET_BYTES, type SecretId, secretName } from './secret-limits.js';

/**
 * HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Standard
 * numbers 0x0020, 0x0001, 0x0002.
 */
const suite = () =>
  new HPKE.CipherSuite(
    HPKE.KEM_DHKEM_X25519_HKDF_SHA256,
    HPKE.KDF_HKDF_SHA256,
    HPKE.AEAD_AES_256_GCM,
  );

export const HANDED_OVER_SUITE = 'X25519, HKDF-SHA256, AES-256-GCM';
export const PUBLIC_KEY_BYTES = 32;
const INFO = Buffer.from('dodona secret 1');
/** A JSON text around a value of the largest size. */
export const MAX_HANDED_OVER_BYTES = 4 * MAX_SECRET_BYTES;

/** A key pair that authors encrypt to, 32 bytes each. */
export interface ReceivingKey {
  readonly id: string;
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

export interface HandedOver extends SecretId {
  /** Whoever asked wipes it. */
  readonly value: Buffer;
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const fileSchema = z.strictObject({
  dodonaSecret: z.literal(1),
  key: z.string(),
  owner: z.string(),
  name: z.string(),
  enc: base64,
  ciphertext: base64,
});

/** Owner and name are bound to the value: `0x…` in lower case, a line feed, the name. */
const boundTo = ({ owner, name }: SecretId): Buffer => Buffer.from(`${owner}\n${name}`);

/** Encrypts a value to a node's public key; the text may be handed over by any way. */
export async function encryptForNode(
  publicKey: Uint8Array,
  { owner, name, value }: HandedOver,
): Promise<string> {
  const hpke = suite();
  const key = await hpke.DeserializePublicKey(Uint8Array.from(publicKey));
  const { encapsulatedSecret, ciphertext } = await hpke.Seal(key, value, {
    aad: boundTo({ owner, name }),
    info: INFO,
  });
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return JSON.stringify({
    dodonaSecret: 1,
    key: publicKeyId(publicKey),
    owner,
    name,
    enc: text(encapsulatedSecret),
    ciphertext: text(ciphertext),
  });
}

/** Opens what an author handed over. Throws a NodeError SECRET_SEALED that tells nothing of it. */
export async function openHandedOver(
  text: string,
  keys: readonly ReceivingKey[],
): Promise<HandedOver> {
  const { key: keyId, enc, ciphertext, ...id } = readFile(text);
  const key = keys.find((each) => each.id === keyId);
  if (key === undefined) {
    throw unopened(`it is encrypted to the key ${keyId}, which this node does not have`);
  }
  const hpke = suite();
  try {
    const pair = {
      publicKey: await hpke.DeserializePublicKey(Uint8Array.from(key.publicKey)),
      privateKey: await hpke.DeserializePrivateKey(Uint8Array.from(key.privateKey), false),
    };
    const value = await hpke.Open(pair, enc, ciphertext, { aad: boundTo(id), info: INFO });
    return { ...id, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  } catch {
    throw unopened('it was changed, or encrypted for another owner or name than it says');
  }
}

function readFile(text: string) {
  try {
    const { owner, name, key, enc, ciphertext } = fileSchema.parse(JSON.parse(text));
    return { owner: hash160(owner) as Hash160, name: secretName(name), key, enc, ciphertext };
  } catch {
    throw unopened('it does not have the form that `dodona secrets encrypt` writes');
  }
}

const unopened = (why: string): NodeError =>
  new NodeError('SECRET_SEALED', `the encrypted secret cannot be opened: ${why}`, {
    hint: "let the author encrypt it anew, to this node's key: dodona secrets public-key",
  });
