import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notePartial, removeNoted } from '../../../src/operations/backup/unfinished-file.js';
import { createWholeFile } from '../../../src/operations/backup/whole-file.js';

describe('a file that gets its name once it is whole', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-whole-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const at = (name: string): string => join(dir, name);
  const note = (name: string, fill: number): string =>
    notePartial(at(name), at('one'), (size) => Buffer.alloc(size, fill));

  it('is never that of another one who writes for the same name', () => {
    const [first, second] = [1, 2].map((fill) =>
      createWholeFile(at('one'), note(`note-${fill}`, fill)),
    );
    first?.write(Buffer.from('all of the first'));
    second?.write(Buffer.from('half of'));
    assert.equal(first?.finish(), 16);
    assert.equal(readFileSync(at('one'), 'utf8'), 'all of the first');
    assert.throws(() => second?.finish(), { code: 'FILE_EXISTS' });
    second?.abandon();
    assert.equal(readFileSync(at('one'), 'utf8'), 'all of the first');
    assert.deepEqual(readdirSync(dir).sort(), ['note-1', 'note-2', 'one']);
  });

  it('is cleared up by its note, and nobody else’s is', () => {
    const [mine, other] = [note('note', 1), note('other', 2)];
    for (const path of [mine, other, at('precious')]) writeFileSync(path, 'x');
    removeNoted(at('note'));
    writeFileSync(at('note'), at('precious'));
    removeNoted(at('note'));
    removeNoted(at('note'));
    assert.deepEqual(readdirSync(dir).sort(), [other.slice(dir.length + 1), 'other', 'precious']);
  });
});
