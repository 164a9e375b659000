import { sha256 } from '../../../../src/base/bytes.js';
import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item, textItem } from '../vm-item.js';
import { blob, callerOf, text, whole } from './checks.js';
import { getNumber, Key, loadSettings, putNumber, type RegisteredFunction } from './records.js';

/* contracts/gateway/functions.go */

const MAX_URIS = 16;

export function registerFunction(c: CallContext, args: readonly Item[]): bigint {
  const [given = null, codeHash = null, source = null, uri = null] = args;
  const settings = loadSettings(c);
  const owner = callerOf(c, settings.executor);
  const name = text(c, given, 64, 'name is longer than 64 bytes', 'name is not UTF-8');
  if (settings.paused) c.refuse('the gateway is paused: it takes no new functions');
  const hash = keepCode(c, codeHash, source, uri);
  const id = getNumber(c, Key.functionId) + 1n;
  putNumber(c, Key.functionId, id);
  c.putRecord(Key.function(id), { owner, name, codeHash: hash } satisfies RegisteredFunction);
  c.notify('FunctionRegistered', id, owner, textItem(name), hash);
  return id;
}

export function updateFunction(c: CallContext, args: readonly Item[]): undefined {
  const [given = null, codeHash = null, source = null, uri = null] = args;
  const id = whole(c, given, 'functionId of updateFunction is not from 0 to 2^63-1');
  const settings = loadSettings(c);
  const by = callerOf(c, settings.executor);
  const found = c.getRecord<RegisteredFunction>(Key.function(id));
  if (found === null) return c.refuse('no function has this id to update');
  if (by !== found.owner) c.refuse("only the function's owner may update it");
  if (settings.paused) c.refuse('the gateway is paused: no function can be updated');
  const hash = keepCode(c, codeHash, source, uri);
  c.putRecord(Key.function(id), { ...found, codeHash: hash });
  c.notify('FunctionUpdated', id, hash);
}

export function functionOf(c: CallContext, [given]: readonly Item[]): Item {
  const id = whole(c, given ?? null, 'functionId of functionOf is not from 0 to 2^63-1');
  const found = c.getRecord<RegisteredFunction>(Key.function(id));
  return found === null ? null : item([found.owner, textItem(found.name), found.codeHash]);
}

export function codeOf(c: CallContext, [codeHash]: readonly Item[]): Item {
  const hash = blob(c, codeHash ?? null, 32, 'codeHash of codeOf is not a sha256 (32 bytes)');
  const source = c.get<string>(Key.source(hash));
  const uris = c.getRecord<readonly string[]>(Key.uris(hash));
  if (source === null && uris === null) return null;
  return [textItem(source ?? ''), (uris ?? []).map(textItem)];
}

function keepCode(c: CallContext, codeHash: Item, given: Item, where: Item): Buffer {
  const hash = blob(c, codeHash, 32, 'codeHash is not a sha256 (32 bytes)');
  const source = text(c, given, 30_720, 'source is longer than 30720 bytes', 'source is not UTF-8');
  const uri = text(c, where, 256, 'uri is longer than 256 bytes', 'uri is not UTF-8');
  if (source !== '') {
    c.execution.use(Price.nativeCall + Price.sha256);
    if (!sha256(source).equals(hash)) c.refuse('codeHash is not the sha256 of source');
    if (c.get(Key.source(hash)) === null) {
      c.put(Key.source(hash), source, Buffer.byteLength(source));
    }
  }
  if (uri !== '') keepUri(c, hash, uri);
  else if (source === '' && c.get(Key.source(hash)) === null && c.get(Key.uris(hash)) === null) {
    c.refuse('source and uri are empty, and the code of this codeHash is not known');
  }
  return hash;
}

function keepUri(c: CallContext, hash: Buffer, uri: string): void {
  const uris = c.getRecord<readonly string[]>(Key.uris(hash)) ?? [];
  if (uris.includes(uri)) return;
  if (uris.length === MAX_URIS) {
    c.refuse('the code of this codeHash has 16 uris already, and this is none of them');
  }
  c.putRecord(Key.uris(hash), [...uris, uri]);
}
