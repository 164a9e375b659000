import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { createConsoleAccess } from '../../../src/api/console/console-access.js';
import type { ConsoleParts } from '../../../src/api/console/console-routes.js';
import { createConsoleSessionStore } from '../../../src/api/console/console-session-store.js';
import { readPageFiles } from '../../../src/api/console/page-files.js';
import { createAuditLog } from '../../../src/audit/audit-log.js';
import { systemClock } from '../../../src/base/clock.js';
import type { Database } from '../../../src/storage/database.js';

/** The console of a server over a database: the built page, and who is signed in to it. */
export function consoleParts(db: Database, dir: string): ConsoleParts {
  const audit = createAuditLog({ db, clock: systemClock, anchorFile: join(dir, 'audit.head') });
  const store = createConsoleSessionStore(db);
  return {
    access: createConsoleAccess({ store, audit, clock: systemClock, randomBytes }),
    files: readPageFiles(join(projectRoot, 'dist', 'api', 'console', 'page')),
  };
}
