import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import type { Clock } from '../base/clock.js';
import { hash160ToAddress } from '../base/hash.js';
import { publicKeyId } from '../base/sealed-box.js';
import type { GatewayKeys } from '../chain/gateway-keys.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { RotationPlan } from '../operations/rotation-plan.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type OpenChain, openChain } from './open-chain.js';
import { drawsUnderKeys, type KeyDraws } from './random-key-draws.js';
import { stepsText } from './rotation-text.js';
import { labelled } from './text-table.js';

const HELP = `
Says which account and which key of random numbers the gateway takes answers from, whether this node
has their keys, and where a rotation stands: what is still to do, in order. Of former keys of random
numbers it says how many requests still wait for an answer under them.

Examples:
  dodona keys status
  dodona keys status --json
${EXIT_CODE_HELP}`;

/** A rotation that is under way is shown to its end, whatever it would cost. */
const WANTS = { begins: false, next: null, sweeps: false, worth: 0n };

export function keysStatusCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('status'))
    .description('which keys are in use, and where a rotation stands')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const config = loadConfig(options.config);
      const settings = { config, magic: config.network.magic };
      const open = await openChain(settings, context.clock);
      try {
        const found = await readStatus(open, config, context.clock);
        if (options.json === true) context.print(JSON.stringify(toWire({ ok: true, ...found })));
        else context.print(statusText(found));
      } finally {
        open.close();
      }
    });
}

interface KeysStatus {
  readonly gateway: GatewayKeys;
  /** Whether the key of the gateway's node account is in the wallet here. */
  readonly isHere: boolean;
  /** Null where the wallet is a signer's, and rotations are made there. */
  readonly rotation: RotationPlan | null;
  /** Null where no node has run here. */
  readonly draws: readonly KeyDraws[] | null;
}

async function readStatus(open: OpenChain, config: NodeConfig, clock: Clock): Promise<KeysStatus> {
  const { planRotation } = await import('../operations/rotation-plan.js');
  const { readGatewayKeys } = await import('../chain/gateway-keys.js');
  const { readRotation } = await import('./rotation-desk.js');
  const { listKeys } = await import('./list-keys.js');
  const gateway = await readGatewayKeys(open.rpc, config.gateway.hash);
  if (config.wallet.signer !== null) {
    const { node } = await listKeys(config, clock);
    const isHere = node.keys.some(({ account }) => account === gateway.nodeAccount);
    return { gateway, isHere, rotation: null, draws: await drawsUnderKeys(open, config) };
  }
  const facts = await readRotation(open);
  const fund = config.gasbank.walletWarningDatoshi;
  const rotation = planRotation(facts, { ...WANTS, fund });
  const isHere = facts.wallet.some(({ account }) => account === gateway.nodeAccount);
  return { gateway, isHere, rotation, draws: await drawsUnderKeys(open, config) };
}

function statusText({ gateway, isHere, rotation, draws }: KeysStatus): string {
  const { nodeAccount, overlap, proposed, randomKey, height, owner } = gateway;
  const where = rotation === null ? 'at the signer' : 'in the wallet here';
  const here = `its key is ${isHere ? '' : 'not '}${where}`;
  const node =
    nodeAccount === null
      ? 'none: it was revoked; nothing is answered until another one accepts'
      : `${hash160ToAddress(nodeAccount)}, ${here}`;
  const random =
    randomKey.publicKey === null
      ? 'none: no random numbers are drawn'
      : `key ${randomKey.keyId} (${publicKeyId(randomKey.publicKey)})`;
  return [
    labelled('gateway', `at block ${height}, owned by ${hash160ToAddress(owner)}`),
    labelled('node', node),
    ...(overlap === null
      ? []
      : [labelled('overlap', `${hash160ToAddress(overlap.account)} until block ${overlap.until}`)]),
    ...(proposed === null
      ? []
      : [
          labelled(
            'proposed',
            `${hash160ToAddress(proposed.account)}, ${byWhom(proposed.byOwner)}`,
          ),
        ]),
    labelled('random', random),
    ...drawLines(draws),
    labelled('vault', 'its keys are changed by dodona secrets rotate'),
    '',
    ...rotationLines(rotation),
  ].join('\n');
}

const byWhom = (byOwner: boolean): string => (byOwner ? 'by the owner' : 'by the node account');

function rotationLines(rotation: RotationPlan | null): string[] {
  if (rotation === null) {
    return ["The wallet is the signer's: rotations are made and looked at there (docs/keys.md)."];
  }
  if (rotation.steps.length === 0) return ['No rotation of the node account is under way.'];
  const next =
    'A rotation of the node account is under way. Left to do, by keys rotate --continue:';
  return [next, stepsText(rotation, [])];
}

function drawLines(draws: KeysStatus['draws']): string[] {
  if (draws === null)
    return [labelled('', 'which requests wait under which key is not known here')];
  return draws.map(({ keyId, id, waiting, isHere }) => {
    const held = isHere ? '' : ', which is not here';
    return labelled('', `${waiting} of its requests wait under key ${keyId} (${id})${held}`);
  });
}
