import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { BOX_KEY_BYTES, openBox, type RandomBytes, sealBox } from '../base/sealed-box.js';

/** What a stored value is bound to: it opens in its own place only. */
export interface EnvelopeLabel {
  readonly owner: Hash160;
  readonly name: string;
  /** From 1; grows with every new value and every new data key. */
  readonly version: number;
  /** Whether a result may hold the value. */
  readonly mayBeResult: boolean;
}

/** A value under a data key of its own, and that key under a key-encryption key. */
export interface Envelope {
  readonly wrappedKey: Buffer;
  readonly sealedValue: Buffer;
}

/** A key-encryption key with its name. */
export interface NamedKey {
  readonly id: string;
  readonly key: Buffer;
}

const valueBound = ({ owner, name, version, mayBeResult }: EnvelopeLabel) => [
  'dodona secret 1',
  owner,
  name,
  version,
  mayBeResult ? 'may be result' : 'never a result',
];

const keyBound = ({ owner, name, version }: EnvelopeLabel, keyId: string) => [
  'dodona data key 1',
  owner,
  name,
  version,
  keyId,
];

/** Encrypts a value under a fresh data key. The value is not wiped. */
export function sealValue(
  value: Uint8Array,
  label: EnvelopeLabel,
  under: NamedKey,
  random: RandomBytes,
): Envelope {
  const dataKey = random(BOX_KEY_BYTES);
  try {
    return {
      wrappedKey: sealBox(under.key, dataKey, keyBound(label, under.id), random),
      sealedValue: sealBox(dataKey, value, valueBound(label), random),
    };
  } finally {
    dataKey.fill(0);
  }
}

/** The value; the caller wipes it. Throws a NodeError VAULT_DAMAGED. */
export function openValue(envelope: Envelope, label: EnvelopeLabel, under: NamedKey): Buffer {
  const dataKey = openDataKey(envelope, label, under);
  try {
    return openBox(dataKey, envelope.sealedValue, valueBound(label)) ?? damaged(label);
  } finally {
    dataKey.fill(0);
  }
}

/** The same envelope with its data key under another key-encryption key. */
export function rewrap(
  envelope: Envelope,
  label: EnvelopeLabel,
  from: NamedKey,
  to: NamedKey,
  random: RandomBytes,
): Envelope {
  const dataKey = openDataKey(envelope, label, from);
  try {
    return { ...envelope, wrappedKey: sealBox(to.key, dataKey, keyBound(label, to.id), random) };
  } finally {
    dataKey.fill(0);
  }
}

function openDataKey({ wrappedKey }: Envelope, label: EnvelopeLabel, under: NamedKey): Buffer {
  return openBox(under.key, wrappedKey, keyBound(label, under.id)) ?? damaged(label);
}

function damaged({ name, version }: EnvelopeLabel): never {
  throw new NodeError(
    'VAULT_DAMAGED',
    `the stored secret ${name}, version ${version}, was changed or stands in the wrong place`,
    { hint: 'restore a backup of database and key file, or set the secret anew' },
  );
}
