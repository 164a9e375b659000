import type { Hash160 } from '../base/hash.js';
import type { RequestRow } from '../requests/request-store.js';

/** Requests in tasks that wait or run, with their requesters; one may be in several tasks. */
export function createRequestsUnderWay() {
  const tasksOf = new Map<bigint, number>();
  const requesterOf = new Map<bigint, Hash160>();
  return {
    requesterOf: requesterOf as ReadonlyMap<bigint, Hash160>,
    begin(rows: readonly RequestRow[]): void {
      for (const { id, requester } of rows) {
        tasksOf.set(id, (tasksOf.get(id) ?? 0) + 1);
        requesterOf.set(id, requester);
      }
    },
    end(rows: readonly RequestRow[]): void {
      for (const { id } of rows) {
        const tasks = (tasksOf.get(id) ?? 0) - 1;
        if (tasks > 0) {
          tasksOf.set(id, tasks);
          continue;
        }
        tasksOf.delete(id);
        requesterOf.delete(id);
      }
    },
  };
}
