import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createConsoleAccess } from '../api/console/console-access.js';
import type { ConsoleParts } from '../api/console/console-routes.js';
import { createConsoleSessionStore } from '../api/console/console-session-store.js';
import { readPageFiles } from '../api/console/page-files.js';
import { createAuditLog } from '../audit/audit-log.js';
import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import { auditAnchorFile } from '../config/vault-files.js';
import type { Database } from '../storage/database.js';

const PAGE_FOLDER = fileURLToPath(new URL('../api/console/page/', import.meta.url));

/** The console page and who may see it. The database is written to: sessions are kept in it. */
export function openConsole(config: NodeConfig, db: Database, clock: Clock): ConsoleParts {
  const audit = createAuditLog({ db, clock, anchorFile: auditAnchorFile(config) });
  const store = createConsoleSessionStore(db);
  const access = createConsoleAccess({ store, audit, clock, randomBytes });
  return { access, files: readPageFiles(PAGE_FOLDER) };
}
