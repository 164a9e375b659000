/** Appends entries in a process of its own: `appending-process.ts DIR ACTOR COUNT`. */
import { join } from 'node:path';
import { createAuditLog } from '../../src/audit/audit-log.js';
import { systemClock } from '../../src/base/clock.js';
import { openDatabase } from '../../src/storage/database.js';
import { factOf } from './audit-fixture.js';

const [dir = '', actor = '', count = '0'] = process.argv.slice(2);
const db = openDatabase(join(dir, 'node.sqlite'));
const anchorFile = join(dir, 'audit.head');
const audit = createAuditLog({ db, clock: systemClock, anchorFile });
for (let n = 0; n < Number(count); n++) audit.record((append) => append(factOf({ actor })));
db.close();
