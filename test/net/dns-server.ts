import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What the zone says of a name; `silent` never answers. */
export type Zone = Readonly<
  Record<
    string,
    | { readonly a?: string[]; readonly aaaa?: Buffer[]; readonly ttl?: number }
    | 'servfail'
    | 'silent'
  >
>;

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** A name server on loopback (RFC 1035, UDP) that answers from a table. */
export async function startDnsServer(zone: Zone): Promise<{
  readonly server: string;
  /** Questions seen, as `name type`. */
  readonly asked: string[];
  close(): void;
}> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, end } = readName(query);
    const type = query.readUInt16BE(end);
    asked.push(`${name} ${type}`);
    const answer = answerTo(query.subarray(0, end + 4), zone[name.toLowerCase()], type);
    if (answer) socket.send(answer, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  return { server: `127.0.0.1:${port}`, asked, close: () => socket.close() };
}

function answerTo(query: Buffer, entry: Zone[string] | undefined, type: number): Buffer | null {
  if (entry === 'silent') return null;
  const records = entry === undefined || entry === 'servfail' ? [] : recordsOf(entry, type);
  const code = entry === undefined ? 3 : entry === 'servfail' ? 2 : 0;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, query.subarray(12), ...records]);
}

function recordsOf(entry: Exclude<Zone[string], string>, type: number): Buffer[] {
  const v4 = (entry.a ?? []).map((address) => Buffer.from(address.split('.').map(Number)));
  const data = type === TYPE_A ? v4 : type === TYPE_AAAA ? (entry.aaaa ?? []) : [];
  return data.map((bytes) => {
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(entry.ttl ?? 60, 6);
    fixed.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([fixed, bytes]);
  });
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}
