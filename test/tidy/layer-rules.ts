import { posix } from 'node:path';
import { type Finding, lineOf, type SourceFile } from './source-text.js';

/**
 * The layers of src/, lowest first: a file imports only from folders of lower layers, or from its
 * own folder. Folders of one layer do not know each other.
 */
export const LAYERS = Object.freeze([
  Object.freeze(['base']),
  Object.freeze(['config', 'telemetry']),
  Object.freeze(['storage', 'net', 'filters', 'sandbox', 'vrf', 'chain']),
  Object.freeze(['audit', 'evidence']),
  Object.freeze(['requests', 'gasbank', 'vault', 'keystore', 'prices', 'automation', 'alerts']),
  Object.freeze(['resolvers']),
  Object.freeze(['pipeline', 'api', 'operations']),
  Object.freeze(['node']),
  Object.freeze(['node.ts']),
  Object.freeze(['devnet']),
  Object.freeze(['cli']),
]);

const WORD = /(?:\bfrom\s+|\bimport\s+|\b(?:import|require|new\s+URL)\s*\(\s*)/;
/** A relative path behind one of the words that load a module. */
const IMPORT = new RegExp(`${WORD.source}(['"])(\\.[^'"\\n]*)\\1`, 'g');

/** Imports of src/ that go up, sideways or out of it. */
export function layerViolations(file: SourceFile): Finding[] {
  if (!file.path.startsWith('src/')) return [];
  const from = placeOf(file.path);
  if (from === null) {
    return [{ file: file.path, line: 1, problem: 'is in no layer: see LAYERS in layer-rules.ts' }];
  }
  return [...file.uncommented.matchAll(IMPORT)].flatMap((match) => {
    const target = posix.join(posix.dirname(file.path), match[2] ?? '');
    const problem = problemOf(from, target);
    return problem === null
      ? []
      : [{ file: file.path, line: lineOf(file.text, match.index), problem }];
  });
}

interface Place {
  readonly folder: string;
  readonly layer: number;
}

function placeOf(path: string): Place | null {
  const folder = path.split('/')[1]?.replace(/\.js$/, '.ts') ?? '';
  const layer = LAYERS.findIndex((folders) => folders.includes(folder));
  return layer < 0 ? null : { folder, layer };
}

function problemOf(from: Place, target: string): string | null {
  if (!target.startsWith('src/')) {
    return /^(?:package\.json|config\/|data\/)/.test(target)
      ? null
      : `imports ${target}, not of src`;
  }
  const to = placeOf(target);
  if (to === null) return `imports ${target}, which is in no layer`;
  if (to.folder === from.folder || to.layer < from.layer) return null;
  const direction = to.layer === from.layer ? 'sideways' : 'upwards';
  const [lower, upper] = [from, to].map(({ folder, layer }) => `${folder} (layer ${layer})`);
  return `${lower} imports ${direction} from ${upper}`;
}
