import type { CompiledContract } from '../../scripts/devnet/contracts.js';
import { sha256 } from '../../src/base/bytes.js';

const PUSH1 = 0x11;
const RET = 0x40;
/** Magic and compiler (neo-project/neo, NefFile.cs). */
const HEADER_BYTES = 4 + 64;
const CHECKSUM_BYTES = 4;

/**
 * The gateway's code with another interface version, as an update brings it: the one instruction
 * that `version` consists of is replaced.
 */
export function ofVersion({ nef, manifest }: CompiledContract, version: number): CompiledContract {
  const { abi } = JSON.parse(manifest) as {
    abi: { methods: readonly { name: string; offset: number }[] };
  };
  const offset = abi.methods.find(({ name }) => name === 'version')?.offset ?? Number.NaN;
  const changed = Buffer.from(nef);
  const at = scriptStart(changed) + offset;
  if (changed[at] !== PUSH1 || changed[at + 1] !== RET) throw new Error('version has another form');
  changed[at] = PUSH1 + version - 1;
  return { nef: withChecksum(changed), manifest };
}

/** Where the script begins: behind source, reserved bytes, method tokens and its own length. */
function scriptStart(nef: Buffer): number {
  const source = nef[HEADER_BYTES] ?? 0;
  let at = HEADER_BYTES + 1 + source + 1;
  const tokens = nef[at++] ?? 0;
  for (let token = 0; token < tokens; token++) {
    const name = nef[at + 20] ?? 0;
    // Hash, name, number of parameters, whether it returns, call flags.
    at += 20 + 1 + name + 2 + 1 + 1;
  }
  at += 2;
  const lengthBytes = { 253: 3, 254: 5 }[nef[at] ?? 0] ?? 1;
  return at + lengthBytes;
}

function withChecksum(nef: Buffer): Buffer {
  const body = nef.subarray(0, nef.length - CHECKSUM_BYTES);
  sha256(sha256(body)).copy(nef, body.length, 0, CHECKSUM_BYTES);
  return nef;
}
