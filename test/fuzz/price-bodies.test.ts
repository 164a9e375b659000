import { fuzzInWorker } from './fuzz-in-worker.js';
import * as bodies from './properties/price-bodies.js';

describe('any body of a venue', () => {
  fuzzInWorker(bodies, new URL('./properties/price-bodies.ts', import.meta.url));
});
