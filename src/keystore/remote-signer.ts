import type { Clock } from '../base/clock.js';
import { type Hash160, scriptHash } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import { readVerificationScript } from '../chain/verification-script.js';
import { isSignatureOf, publicKeyObject } from '../chain/witness-signatures.js';
import type { RemoteSignerConfig } from '../config/wallet-config.js';
import { type HeldAccount, type KeyHolder, notHere } from './key-holder.js';
import { createSignerConnection, SIGNER_DOWN } from './signer-connection.js';
import type { RefusalReason, SignerDescription, SignerRefusal } from './signer-protocol.js';

export const SIGNER_REFUSED = 'SIGNER_REFUSED';

/** A transaction that a signer would not sign. */
export interface Refused {
  readonly reason: RefusalReason;
  readonly message: string;
}

/** A signer in another process, as the node sees it. */
export interface RemoteSigner extends KeyHolder {
  /**
   * What it is and what it did. Throws a NodeError SIGNER_DOWN (retryable), and SIGNER_OTHER where
   * it signs for another network or gateway.
   */
  describe(): Promise<SignerDescription>;
  close(): void;
}

/**
 * The keys of a signer in another process, which judges each transaction by itself. Its signatures
 * are checked here. Signing throws a NodeError: SIGNER_DOWN, or SIGNER_REFUSED with `reason` and
 * `retryAfterMs` in its details; both are retryable, since the operator can start the signer, and
 * change its policy.
 */
export function createRemoteSigner(options: {
  readonly config: RemoteSignerConfig;
  readonly network: { readonly magic: number; readonly gateway: Hash160 };
  readonly clock: Clock;
  /** Told of each refusal. */
  readonly onRefused?: (refused: Refused) => void;
}): RemoteSigner {
  const { config, network, onRefused = () => {} } = options;
  const connection = createSignerConnection(config, options.clock);
  const unexpected = (): NodeError =>
    new NodeError(SIGNER_DOWN, 'the signer answers something else', {
      retryable: true,
    });

  async function describe(): Promise<SignerDescription> {
    const reply = await connection.ask({ do: 'describe' });
    if (!reply.ok) throw refusedError(reply);
    if (reply.did !== 'describe') throw unexpected();
    if (reply.magic === network.magic && reply.gateway === network.gateway) return reply;
    const theirs = `gateway ${reply.gateway} on network ${reply.magic}`;
    throw new NodeError('SIGNER_OTHER', `the signer is for ${theirs}`, {
      hint: `this node is for gateway ${network.gateway} on ${network.magic}: correct one of them`,
    });
  }

  function signerOf({ account, publicKey, verificationScript }: Described): Signer {
    const key = publicKeyObject(publicKey);
    return {
      account,
      publicKey,
      verificationScript,
      async sign(message, transaction) {
        if (transaction === undefined) throw new Error('bug: a signer signs transactions only');
        const { unsigned } = transaction;
        const asked = { magic: network.magic, account, transaction: unsigned.toString('base64') };
        const reply = await connection.ask({ do: 'sign', ...asked });
        if (!reply.ok) {
          onRefused({ reason: reply.refusal, message: reply.message });
          throw refusedError(reply);
        }
        if (reply.did !== 'sign') throw unexpected();
        const { signature } = reply;
        if (isSignatureOf(key, message, signature)) {
          return signature;
        }
        throw new NodeError(SIGNER_DOWN, 'what the signer gives is no signature of this account', {
          retryable: true,
          hint: 'look at the machine: something else may answer in its place',
        });
      },
    };
  }

  return {
    describe,
    accounts: async (): Promise<readonly HeldAccount[]> => (await describe()).accounts,
    async open(account) {
      const found = (await describe()).accounts.find((each) => each.account === account);
      if (found === undefined) throw notHere(account, 'the signer');
      const { publicKey, verificationScript: script } = found;
      const keys = readVerificationScript(script)?.publicKeys ?? [];
      const isKeyOf = keys.some((key) => key.equals(publicKey));
      if (scriptHash(script) !== account || !isKeyOf) throw unexpected();
      return signerOf(found);
    },
    close: connection.close,
  };
}

type Described = SignerDescription['accounts'][number];

const refusedError = ({ refusal, message, retryAfterMs }: SignerRefusal): NodeError =>
  new NodeError(SIGNER_REFUSED, `the signer refuses (${refusal}): ${message}`, {
    retryable: true,
    hint: "look at the signer's log and policy; work goes on by itself once it signs",
    details: { reason: refusal, retryAfterMs },
  });
