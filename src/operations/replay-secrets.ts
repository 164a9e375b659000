import { NodeError } from '../base/node-error.js';
import type { Bundle } from '../evidence/bundle.js';
import { secretToken } from '../evidence/commitment.js';
import type { Reveal } from '../vault/reveal.js';

export interface SecretReplay {
  readonly reveal: Reveal;
  /** Whether the work had a token where it once had a value. */
  gaveToken(): boolean;
  /** What was asked for though the record knows nothing of it. */
  differences(): readonly string[];
  /** What is taken from the record: the vault is not here. */
  asRecorded(): readonly string[];
}

/** Gives the token where the value was given, and refuses what was refused. */
export function replaySecrets({ secrets, outcome }: Bundle): SecretReplay {
  let gaveToken = false;
  const refused: string[] = [];
  const unknown: string[] = [];
  return {
    gaveToken: () => gaveToken,
    // Trouble with the vault leaves no word of the secret.
    differences: () => (outcome.from === 'trouble' ? [] : unknown),
    asRecorded: () => (outcome.from === 'trouble' ? [...refused, ...unknown] : refused),
    async reveal({ name }) {
      const found = secrets.find((secret) => secret.name === name);
      if (found === undefined) {
        unknown.push(`the secret ${name} was asked for, of which the record knows nothing`);
        throw new NodeError('EVIDENCE_NONE', `the bundle knows nothing of the secret ${name}`);
      }
      if (!found.granted) {
        refused.push(`the secret ${name} was refused`);
        return { kind: 'forbidden', reason: found.reason };
      }
      gaveToken = true;
      const { commitment, hosts, mayBeResult: optOut } = found;
      return { kind: 'granted', value: Buffer.from(secretToken(name, commitment)), hosts, optOut };
    },
  };
}
