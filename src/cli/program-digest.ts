import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildListing, buildDigest } from '../operations/attestation/build-digest.js';

/** The digest of the program that runs: of dist, or of src where it runs from its source. */
export function programDigest(): BuildListing {
  const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));
  return buildDigest(dirname(packageFile), import.meta.url.endsWith('.ts') ? 'src' : 'dist');
}
