/**
 * Rotates keys in a process of its own and kills it at a crash point:
 * `rotating-process.ts DIR data|keys POINT NTH`.
 */
import { ACTOR, vaultFixture } from './vault-fixture.js';

const [dir = '', what = '', point = '', nth = '1'] = process.argv.slice(2);
let passed = 0;
const { vault } = vaultFixture({
  dir,
  crashPoint(at) {
    if (at !== point) return;
    passed += 1;
    if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
  },
});
await (what === 'data'
  ? vault.rotation.rotateDataKeys(ACTOR)
  : vault.rotation.rotateKeyEncryptionKey(ACTOR));
