import { fuzzInWorker } from './fuzz-in-worker.js';
import * as bundles from './properties/evidence.js';

describe('any bundle of evidence', () => {
  fuzzInWorker(bundles, new URL('./properties/evidence.ts', import.meta.url));
});
