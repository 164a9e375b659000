import { NodeError } from '../../base/node-error.js';
import type { Tee } from './quote-limits.js';

/** What a trusted execution environment signed. */
export interface RawQuote {
  readonly tee: Tee;
  readonly quote: Buffer;
  readonly auxBlob: Buffer | null;
  readonly eventLog: string | null;
}

/** Where quotes come from. */
export interface QuoteProvider {
  /** As the configuration names it. */
  readonly name: string;
  /** Throws ATTESTATION_UNAVAILABLE where there is nothing to ask. */
  requirePresent(): void;
  /**
   * Asks for a quote that carries 64 bytes. Throws a NodeError: ATTESTATION_UNAVAILABLE when there
   * is nothing to ask, ATTESTATION_PROVIDER when it does not do what it should,
   * ATTESTATION_INTERFERED when somebody else used it meanwhile.
   */
  quote(reportData: Buffer): Promise<RawQuote>;
}

/** The provider of a node that runs in no such environment: it never has a quote. */
export const noProvider: QuoteProvider = {
  name: 'none',
  requirePresent: () => {
    throw nothingHere();
  },
  quote: async () => {
    throw nothingHere();
  },
};

const nothingHere = (): NodeError =>
  unavailable(
    'attestation.provider is none: nothing here can vouch for this node',
    'in a machine of Intel TDX or AMD SEV-SNP set attestation.provider to configfs-tsm, in one ' +
      'of dstack to dstack',
  );

export const unavailable = (problem: string, hint: string, cause?: unknown): NodeError =>
  new NodeError('ATTESTATION_UNAVAILABLE', problem, { hint, cause });

export const misbehaved = (problem: string, hint: string, cause?: unknown): NodeError =>
  new NodeError('ATTESTATION_PROVIDER', problem, { hint, cause });
