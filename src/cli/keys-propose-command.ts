import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { shorten } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import type { NodeConfig } from '../config/node-config.js';
import { randomKeyFile } from '../config/random-files.js';
import type { Order } from '../gasbank/order.js';
import { chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { type KeyKindOptions, keyKindOption } from './key-kind.js';
import { ORDER_HELP, type OrderOptions, withOrderOptions } from './order-options.js';
import { runOrder } from './run-order.js';

const HELP = `
Makes a key of random.keyFile the one that new requests are made under, at once. Requests that wait
keep theirs: the file must go on holding it until they have ended. The gateway takes keys from its
node account and its owner (--wallet).
${ORDER_HELP}

Examples:
  dodona keys propose --kind random
  dodona keys propose --kind random --key 3f8a90b1c2d4e5f6 --dry-run
${EXIT_CODE_HELP}`;

type ProposeOptions = OrderOptions & KeyKindOptions & { readonly key?: string };

export function keysProposeCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('propose'))
    .addOption(keyKindOption('random'))
    .option('--key <id>', 'which one, by its id (default: the newest of the file)')
    .description('make a key of this node the one of new requests')
    .addHelpText('after', HELP)
    .action(async (options: ProposeOptions) => {
      const { config } = chainSettings(options);
      const order = await proposalOf(config, options.key);
      await runOrder(context, options, (_account, _has, { randomKey }) => {
        const current = randomKey.publicKey;
        if (current?.equals(order.publicKey) === true) throw known(order.publicKey);
        return order;
      });
    });
}

async function proposalOf(
  config: NodeConfig,
  wanted: string | undefined,
): Promise<Extract<Order, { kind: 'proposeRandomKey' }>> {
  const { openRandomKeys } = await import('../node/open-random.js');
  const { possessionProof } = await import('../vrf/possession.js');
  const keys = openRandomKeys(config);
  const held = keys.publicKeys();
  const chosen = held.findLast((key) => wanted === undefined || publicKeyId(key) === wanted);
  if (chosen === undefined) throw missing(randomKeyFile(config), wanted);
  const key = await keys.find(chosen);
  if (key === null) throw missing(randomKeyFile(config), wanted);
  const gateway: Hash160 = config.gateway.hash;
  const proof = possessionProof(gateway, key, randomBytes);
  return { kind: 'proposeRandomKey', publicKey: key.publicKey, possessionProof: proof };
}

function missing(file: string, wanted: string | undefined): NodeError {
  const what = wanted === undefined ? 'no random key' : `no random key ${shorten(wanted, 40)}`;
  return new NodeError('RANDOM_KEY_MISSING', `${file} holds ${what}`, {
    hint: 'make one with dodona keys create --kind random; ids are 16 hex digits',
  });
}

const known = (publicKey: Buffer): NodeError =>
  new NodeError('ORDER_REFUSED', `${publicKeyId(publicKey)} is the gateway's random key already`, {
    hint: 'nothing was sent; make another with dodona keys create --kind random to change it',
  });
