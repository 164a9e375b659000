import { z } from 'zod';
import { account, address, block, count, id } from './values.js';

const hex = (what: string) => z.string().meta({ description: `${what}, hex` });

export const keysShape = z.object({
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
