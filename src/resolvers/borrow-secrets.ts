import { utf8Text } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { answerCode, type FailureAnswer, type Outcome, ResponseCode } from '../base/outcome.js';
import type { FetchRequest, SentSecret } from '../net/request.js';
import type { Reveal } from '../vault/reveal.js';
import { secretInResult, withoutSecrets } from '../vault/secret-traces.js';
import { withSecretValues } from './secret-places.js';

/** Secrets given out for one fetch. */
export interface BorrowedSecrets {
  readonly kind: 'borrowed';
  /** The request with the values in it, bound to the hosts that all of them may be sent to. */
  fill(request: FetchRequest): FetchRequest;
  /** As it may be told: no value in a reason, nor, unless its owner lets it, in a result. */
  withhold(outcome: Outcome): Outcome;
  /** To be called when the fetch is over. */
  wipe(): void;
}

/** The vault cannot be used now. */
export interface VaultTrouble {
  readonly kind: 'trouble';
  readonly reason: string;
}

export type Borrowing =
  | BorrowedSecrets
  | VaultTrouble
  | ({ readonly kind: 'refused' } & FailureAnswer);

interface Loan extends SentSecret {
  readonly hosts: readonly string[];
  readonly optOut: boolean;
}

/** Who asks for web data with secrets in it. */
export interface Borrower {
  readonly requester: Hash160;
  readonly requestId: bigint;
}

/** Asks the vault for secrets, all or none. */
export async function borrowSecrets(
  names: readonly string[],
  { requester, requestId }: Borrower,
  reveal: Reveal,
): Promise<Borrowing> {
  const loans: Loan[] = [];
  const giveUp = <T>(result: T): T => {
    wipe(loans);
    return result;
  };
  for (const name of names) {
    try {
      const revealed = await reveal({ requester, requestId, name, use: { kind: 'web' } });
      if (revealed.kind === 'forbidden') {
        const { reason } = revealed;
        return giveUp({ kind: 'refused', code: ResponseCode.Forbidden, reason });
      }
      loans.push({ name, ...revealed });
    } catch (error) {
      if (!(error instanceof NodeError)) throw giveUp(error);
      // What exactly is wrong is the operator's: it is in the audit log.
      return giveUp({ kind: 'trouble', reason: `the vault cannot be used (${error.code})` });
    }
  }
  const unreadable = loans.find(({ value }) => utf8Text(value) === null);
  if (unreadable === undefined) return borrowed(loans);
  const reason = `the secret ${unreadable.name} is not text, and can be put into no request`;
  return giveUp({ kind: 'refused', code: ResponseCode.Error, reason });
}

function borrowed(loans: readonly Loan[]): BorrowedSecrets {
  const [first, ...others] = loans;
  const origins = (first?.hosts ?? []).filter((origin) =>
    others.every(({ hosts }) => hosts.includes(origin)),
  );
  let body: Buffer | undefined;
  return {
    kind: 'borrowed',
    fill(request) {
      const valueNamed = (name: string): string =>
        loans.find((loan) => loan.name === name)?.value.toString() ?? '';
      const filled = withSecretValues(request, valueNamed);
      body = filled.body;
      return { ...filled, onlyOrigins: origins, secrets: loans };
    },
    withhold(outcome) {
      const reason = withoutSecrets(outcome.reason, loans);
      if (outcome.kind === 'retry') {
        return { ...outcome, reason, otherwise: { ...outcome.otherwise, reason } };
      }
      if (outcome.kind !== 'answer') return { ...outcome, reason };
      const kept = loans.filter(({ optOut }) => !optOut);
      const leaked = secretInResult(outcome.result, kept);
      if (leaked === null) return { ...outcome, reason };
      return answerCode(ResponseCode.Forbidden, `the result holds the secret ${leaked.name}`);
    },
    wipe() {
      wipe(loans);
      body?.fill(0);
    },
  };
}

function wipe(loans: readonly Loan[]): void {
  for (const { value } of loans) value.fill(0);
}
