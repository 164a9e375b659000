import { interopId } from './interop-id.js';
import { Opcode, pushScript } from './script.js';

/** A compressed secp256r1 public key. */
export const PUBLIC_KEY_BYTES = 33;
/** A signature as Neo takes it: r and s, 32 bytes each. */
export const SIGNATURE_BYTES = 64;

const CHECK_SIG = interopId('System.Crypto.CheckSig');
const CHECK_MULTISIG = interopId('System.Crypto.CheckMultisig');

/** The verification script of an account of one key. */
export const signatureScript = (publicKey: Uint8Array): Buffer =>
  Buffer.concat([pushScript(checked(publicKey)), Buffer.from([Opcode.SYSCALL]), CHECK_SIG]);

/** The verification script of m of n keys; the keys are put into Neo's order here. */
export function multisigScript(threshold: number, publicKeys: readonly Uint8Array[]): Buffer {
  if (threshold < 1 || threshold > publicKeys.length || publicKeys.length > 1024) {
    throw new RangeError(`expected 1 <= m <= n <= 1024, got ${threshold} of ${publicKeys.length}`);
  }
  return Buffer.concat([
    pushScript(threshold),
    ...sortPublicKeys(publicKeys).map((key) => pushScript(checked(key))),
    pushScript(publicKeys.length),
    Buffer.from([Opcode.SYSCALL]),
    CHECK_MULTISIG,
  ]);
}

/** Neo orders points by x, then by y; the y of a compressed key is told by its first byte only. */
export const sortPublicKeys = (publicKeys: readonly Uint8Array[]): Uint8Array[] =>
  [...publicKeys].sort(
    (left, right) =>
      Buffer.compare(left.subarray(1), right.subarray(1)) || (left[0] ?? 0) - (right[0] ?? 0),
  );

/** What a verification script asks for: m signatures, checked against n keys; null if unknown. */
export function readVerificationScript(script: Uint8Array): {
  readonly threshold: number;
  readonly publicKeys: Buffer[];
  readonly multisig: boolean;
} | null {
  const bytes = Buffer.from(script);
  if (bytes.length === 40 && bytes.subarray(36).equals(CHECK_SIG) && isKeyPush(bytes, 0)) {
    return { threshold: 1, publicKeys: [bytes.subarray(2, 35)], multisig: false };
  }
  if (bytes.length < 6 || !bytes.subarray(-4).equals(CHECK_MULTISIG)) return null;
  const threshold = readSmallInteger(bytes, 0);
  if (threshold === null) return null;
  const publicKeys: Buffer[] = [];
  let at = threshold.next;
  for (; isKeyPush(bytes, at); at += 2 + PUBLIC_KEY_BYTES) {
    publicKeys.push(bytes.subarray(at + 2, at + 2 + PUBLIC_KEY_BYTES));
  }
  const count = readSmallInteger(bytes, at);
  const consistent =
    count?.value === publicKeys.length &&
    count.next === bytes.length - 5 &&
    bytes[count.next] === Opcode.SYSCALL &&
    threshold.value >= 1 &&
    threshold.value <= count.value;
  return consistent ? { threshold: threshold.value, publicKeys, multisig: true } : null;
}

const isKeyPush = (bytes: Buffer, at: number): boolean =>
  bytes[at] === Opcode.PUSHDATA1 && bytes[at + 1] === PUBLIC_KEY_BYTES;

function readSmallInteger(bytes: Buffer, at: number): { value: number; next: number } | null {
  const opcode = bytes[at];
  if (opcode === undefined) return null;
  if (opcode >= Opcode.PUSH0 && opcode <= Opcode.PUSH0 + 16) {
    return { value: opcode - Opcode.PUSH0, next: at + 1 };
  }
  if (opcode === Opcode.PUSHINT8 && at + 1 < bytes.length) {
    return { value: bytes.readInt8(at + 1), next: at + 2 };
  }
  if (opcode === Opcode.PUSHINT8 + 1 && at + 2 < bytes.length) {
    return { value: bytes.readInt16LE(at + 1), next: at + 3 };
  }
  return null;
}

function checked(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== PUBLIC_KEY_BYTES || (publicKey[0] !== 2 && publicKey[0] !== 3)) {
    throw new RangeError(`expected a compressed public key of ${PUBLIC_KEY_BYTES} bytes`);
  }
  return publicKey;
}
