import { fuzzInWorker } from './fuzz-in-worker.js';
import * as configuration from './properties/configuration.js';

describe('any configuration', () => {
  fuzzInWorker(configuration, new URL('./properties/configuration.ts', import.meta.url));
});
