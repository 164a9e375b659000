import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The path, or the nearest directory above it that is there: missing ones are made when needed. */
export function nearestExisting(path: string): string {
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}
