import type { CallContext } from '../machine.js';
import { type Item, item } from '../vm-item.js';
import { updateDelayAt } from './administration.js';
import { blob } from './checks.js';
import { requireOwner } from './keys.js';
import { Key, loadSettings, type UpdateProposal } from './records.js';

/* contracts/gateway/updating.go, but for `update` itself: this model has no other code to run. */

export function proposeUpdate(c: CallContext, [nef, manifest]: readonly Item[]): undefined {
  requireOwner(c);
  const nefHash = blob(c, nef ?? null, 32, 'nefHash is not a sha256 (32 bytes)');
  const manifestHash = blob(c, manifest ?? null, 32, 'manifestHash is not a sha256 (32 bytes)');
  const index = c.executingIndex();
  const from = index + updateDelayAt(loadSettings(c).policy, index);
  c.putRecord(Key.updateProposal, { nefHash, manifestHash, from } satisfies UpdateProposal);
  c.notify('UpdateProposed', nefHash, manifestHash, from);
}

export function cancelUpdate(c: CallContext): undefined {
  requireOwner(c);
  if (c.get(Key.updateProposal) === null) c.refuse('no update is proposed to cancel');
  c.remove(Key.updateProposal);
  c.notify('UpdateCancelled');
}

export function proposedUpdate(c: CallContext): Item {
  const found = c.getRecord<UpdateProposal>(Key.updateProposal);
  return found === null ? null : item([found.nefHash, found.manifestHash, found.from]);
}
