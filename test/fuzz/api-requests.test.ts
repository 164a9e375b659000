import { fuzzInWorker } from './fuzz-in-worker.js';
import * as requests from './properties/api-requests.js';

describe('any request to the API', () => {
  fuzzInWorker(requests, new URL('./properties/api-requests.ts', import.meta.url));
});
