import { fuzzInWorker } from './fuzz-in-worker.js';
import * as notifications from './properties/notifications.js';

describe('any notifications', () => {
  fuzzInWorker(notifications, new URL('./properties/notifications.ts', import.meta.url));
});
