import { z } from 'zod';
import { account, address, block, count, id } from './values.js';

const hex = (what: string) => z.string().meta({ description: `${what}, hex` });

const standing = z
  .enum(['current', 'overlap', 'proposed', 'next', 'kept'])
  .nullable()
  .meta({
    description:
      'current: in use; overlap: was before, and may still answer; proposed: becomes current ' +
      'once it accepts; next: made to be proposed; kept: not in use; ' +
      'null: the chain cannot be asked',
  });

const keysIn = <Key extends z.ZodType>(key: Key) =>
  z.object({
    isReadable: z.boolean().meta({ description: 'false: dodona keys list tells why' }),
    keys: z.array(key).meta({ description: 'in the order of the file' }),
  });

const namedKey = (what: string) =>
  z.object({
    id: z.string().meta({ description: '16 hex digits' }),
    publicKey: hex(what),
    standing,
  });

export const heldKeysShape = z
  .object({
    node: keysIn(
      z.object({
        account: account('an account of the wallet'),
        address: address(),
        publicKeys: z.array(hex('compressed point of secp256r1, 33 bytes')),
        threshold: count('signatures that it asks for; null: the wallet does not tell').nullable(),
        canSign: z.boolean().meta({ description: 'false: it is only watched' }),
        standing,
      }),
    ),
    random: keysIn(namedKey('compressed point of G2, 96 bytes')),
    vault: keysIn(namedKey('X25519, 32 bytes')),
  })
  .meta({ description: "all keys in the node's files" });

export const keysShape = z.object({
  held: heldKeysShape,
  node: z
    .object({
      account: account("the node's account"),
      address: address(),
      publicKey: hex('compressed point of secp256r1, 33 bytes'),
    })
    .meta({ description: 'what this node signs with' }),
  gateway: z.object({
    nodeAccount: account('whose answers the gateway takes; null: revoked').nullable(),
    isThisNode: z.boolean(),
    overlap: z
      .object({
        account: account('the account before it'),
        untilBlock: block('last block in which that one may answer'),
      })
      .nullable(),
    isPaused: z.boolean(),
  }),
  random: z.object({
    keyId: id('the key that new requests use; 0: none'),
    publicKey: hex('compressed point of G2, 96 bytes').nullable(),
    isHeld: z.boolean(),
    keysHeld: count('keys in the file of the node'),
  }),
  vault: z
    .object({
      id: z.string(),
      publicKey: hex('X25519, 32 bytes'),
      suite: z.string().meta({ description: 'HPKE (RFC 9180), base mode' }),
    })
    .nullable()
    .meta({ description: 'what owners encrypt secrets to; null: there is none yet' }),
});
