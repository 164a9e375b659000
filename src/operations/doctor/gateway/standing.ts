import { type Hash160, hash160ToAddress } from '../../../base/hash.js';
import { publicKeyId } from '../../../base/sealed-box.js';
import type { RpcOptions } from '../../../chain/rpc.js';
import type { NodeConfig } from '../../../config/node-config.js';
import type { ConfiguredKeys } from '../../../keystore/key-holder.js';
import type { RandomKeys } from '../../../keystore/random-keys.js';
import { type Check, check, fail, given, ok, skipped, warning } from '../finding.js';
import { type GatewayView, UNREAD } from './gateway-view.js';

/** Whether the gateway takes this node's answers: its key has to be held. */
export const nodeAccountCheck = (view: GatewayView, keys: ConfiguredKeys): Check =>
  check('gateway.node-account', () =>
    given(view.facts(), UNREAD, async ({ nodeAccount, overlap, height }) => {
      const held = await keys.accounts();
      const has = (account: Hash160 | null): boolean =>
        held.some((entry) => entry.account === account);
      if (has(nodeAccount)) return ok(hash160ToAddress(nodeAccount as Hash160));
      if (overlap !== null && has(overlap.account) && height < overlap.until) {
        return warning({
          expected: "the gateway's node account in the wallet",
          found: `the one before it, which may answer until block ${overlap.until}`,
          fix: 'Let the node of the new account take over before that block.',
        });
      }
      const own = hash160ToAddress((await keys.configured()).account);
      const propose = `the gateway's owner proposes it: proposeNodeAccount(${own})`;
      return fail({
        expected: `that the gateway takes answers from ${own}`,
        found:
          nodeAccount === null
            ? 'it takes none: the node account was revoked'
            : `it takes them from ${hash160ToAddress(nodeAccount)}`,
        fix: `Name the right wallet in wallet.file; or ${propose}, then: dodona keys rotate.`,
      });
    }),
  );

export const rotationCheck = (view: GatewayView): Check =>
  check('gateway.rotation', () =>
    given(view.keys(), UNREAD, ({ proposed, overlap, height }) => {
      const open = [
        ...(proposed === null ? [] : [`${hash160ToAddress(proposed.account)} is proposed`]),
        ...(overlap === null || overlap.until <= height
          ? []
          : [`${hash160ToAddress(overlap.account)} may answer until block ${overlap.until}`]),
      ];
      if (open.length === 0) return ok('no change of the node account is under way');
      return warning({
        expected: 'no change of the node account under way',
        found: open.join('; '),
        fix: 'See dodona keys status: which steps are left.',
      });
    }),
  );

export const pausedCheck = (view: GatewayView): Check =>
  check('gateway.paused', () =>
    given(view.facts(), UNREAD, ({ isPaused }) =>
      isPaused
        ? warning({
            expected: 'a gateway that takes new requests',
            found: 'it is paused: nobody can ask; what was asked before is answered',
            fix: "The gateway's owner ends it: pause(false).",
          })
        : ok('not paused'),
    ),
  );

/** Whether random numbers can be drawn under the key that new requests are made under. */
export const randomKeyCheck = (view: GatewayView, keys: RandomKeys): Check =>
  check('gateway.random-key', () =>
    given(view.facts(), UNREAD, async ({ randomKey: { keyId, publicKey } }) => {
      const held = keys.publicKeys();
      if (publicKey === null) {
        if (held.length === 0) return skipped('no key here or at the gateway: nobody can draw');
        return warning({
          expected: 'a key of random numbers at the gateway',
          found: `none, and ${held.length} here`,
          fix: 'run: dodona keys propose --kind random',
        });
      }
      const name = `key ${keyId} (${publicKeyId(publicKey)})`;
      if ((await keys.find(publicKey)) !== null) return ok(`${name} is here, and opens`);
      return fail({
        expected: `the gateway's random ${name} in the file of random.keyFile`,
        found: held.length === 0 ? 'no such file' : `${held.length} other keys`,
        fix: 'Restore the file from a backup, or make a key and propose it: dodona keys create.',
      });
    }),
  );

/** Books begin before the gateway's first block; `requireInTime` throws where they don't. */
export const startBlockCheck = (
  view: GatewayView,
  { gateway }: Pick<NodeConfig, 'gateway'>,
  hasBegun: boolean,
  requireInTime: (options: RpcOptions) => Promise<void>,
): Check =>
  check('gateway.start-block', (signal) =>
    given(view.facts(), UNREAD, async ({ height }) => {
      if (hasBegun) return skipped('the database knows where it is');
      const start = gateway.startBlock ?? 0;
      if (start > height) {
        return fail({
          expected: `gateway.startBlock of at most ${height}, the latest block`,
          found: String(start),
          fix: 'Set gateway.startBlock to the block in which the gateway was deployed.',
        });
      }
      await requireInTime({ signal });
      return ok(`${start}, not after the deployment as far as endpoints look back`);
    }),
  );
