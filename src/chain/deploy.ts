import { shorten } from '../base/bytes.js';
import { type Hash160, scriptHash } from '../base/hash.js';
import { CONTRACT_MANAGEMENT } from './native-contracts.js';
import { callScript, Opcode, pushScript, type ScriptArg, utf8 } from './script.js';

const NEF_MAGIC = 0x3346454e;
const NEF_MIN_BYTES = 4 + 64 + 1 + 1 + 2 + 1 + 4;

/** A script that deploys a contract; it leaves the deployed contract on the stack. */
export function deployScript(nef: Uint8Array, manifest: string, data: ScriptArg = null): Buffer {
  nefChecksum(nef);
  return callScript(CONTRACT_MANAGEMENT, 'deploy', [nef, utf8(manifest), data]);
}

/** The hash that a contract will have: it depends on who sends the deployment, code and name. */
export function contractHash(sender: Hash160, nef: Uint8Array, manifest: string): Hash160 {
  const script = Buffer.concat([
    Buffer.from([Opcode.ABORT]),
    pushScript(sender),
    pushScript(nefChecksum(nef)),
    pushScript(utf8(manifestName(manifest))),
  ]);
  return scriptHash(script);
}

/** The checksum at the end of a .nef file. Throws a RangeError when the bytes are not one. */
export function nefChecksum(nef: Uint8Array): number {
  const bytes = Buffer.from(nef);
  if (bytes.length < NEF_MIN_BYTES || bytes.readUInt32LE(0) !== NEF_MAGIC) {
    throw new RangeError('expected the bytes of a .nef file, which start with NEF3');
  }
  return bytes.readUInt32LE(bytes.length - 4);
}

function manifestName(manifest: string): string {
  const parsed: unknown = JSON.parse(manifest);
  if (typeof parsed === 'object' && parsed !== null && 'name' in parsed) {
    if (typeof parsed.name === 'string' && parsed.name.length > 0) return parsed.name;
  }
  throw new RangeError(`expected a contract's manifest with a name, got ${shorten(manifest)}`);
}
