import { fuzzInWorker } from './fuzz-in-worker.js';
import * as answers from './properties/rpc-answers.js';

describe('any answers', () => {
  fuzzInWorker(answers, new URL('./properties/rpc-answers.ts', import.meta.url));
});
