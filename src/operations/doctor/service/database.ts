import { existsSync } from 'node:fs';
import { type Check, check, fail, ok, skipped, warning } from '../finding.js';

/** The node's database, as far as a look at its schema goes. */
export const databaseCheck = (
  file: string,
  schema: { readonly latest: number; read(file: string): number },
): Check =>
  check(
    'storage.database',
    () => {
      if (!existsSync(file)) return skipped('it is not there yet: the node makes it');
      const version = schema.read(file);
      if (version === schema.latest) return ok(`schema ${version}`);
      if (version > schema.latest) {
        return fail({
          expected: `schema ${schema.latest} or an earlier one`,
          found: `${version}: a newer version of dodona wrote it`,
          fix: 'Run that version, or restore a backup of before the upgrade.',
        });
      }
      return warning({
        expected: `schema ${schema.latest}`,
        found: `${version}: the node brings it forward when it starts, and there is no way back`,
        fix: 'Keep a backup of it before this version starts.',
      });
    },
    file,
  );

/** The node that works on the directory; `why` none could be asked, where none answers as such. */
export type NodeHere =
  | { readonly kind: 'running'; readonly pid: number }
  | { readonly kind: 'unreachable'; readonly why: string };
export type FindNode = () => Promise<NodeHere>;

/** Whether a node works on the directory now; both cases are right. */
export const runningCheck = (find: FindNode): Check =>
  check('storage.node', async () => {
    const here = await find();
    return ok(here.kind === 'running' ? `process ${here.pid} works here` : here.why);
  });
