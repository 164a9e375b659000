import { type Check, check, fail, ok } from '../finding.js';
import type { HostFacts } from './host-facts.js';

/** `engines` of package.json. */
export const LEAST_NODE = '20.19';

export const nodeVersionCheck = ({ nodeVersion }: Pick<HostFacts, 'nodeVersion'>): Check =>
  check('host.node-version', () => {
    if (isAtLeast(nodeVersion, LEAST_NODE)) return ok(nodeVersion);
    return fail({
      expected: `Node.js ${LEAST_NODE} or newer`,
      found: nodeVersion,
      fix: 'Install a newer Node.js, and run npm ci again with it.',
    });
  });

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
