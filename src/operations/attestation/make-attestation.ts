import type { Clock } from '../../base/clock.js';
import type { Attestation } from './attestation-file.js';
import { type AttestedFields, reportDataOf } from './attested-fields.js';
import type { Collateral } from './collateral.js';
import { misbehaved, type QuoteProvider } from './quote-provider.js';
import { readSnpReport } from './snp-report.js';
import { readTdxQuote } from './tdx-quote.js';

/**
 * Asks the provider for a quote of the fields, and proves that it carries them before anybody else
 * is shown it. Throws a NodeError, as providers do.
 */
export async function makeAttestation(options: {
  readonly provider: QuoteProvider;
  readonly fields: AttestedFields;
  /** Of the block in the fields, with its witness. */
  readonly blockHeader: Buffer;
  readonly version: string;
  readonly clock: Clock;
  readonly collateralOf: (quote: Buffer) => Promise<Collateral | null>;
}): Promise<Attestation> {
  const { provider, fields, blockHeader, version, clock, collateralOf } = options;
  const expected = reportDataOf(fields);
  const raw = await provider.quote(expected);
  if (!reportDataIn(raw.tee, raw.quote).equals(expected)) {
    throw misbehaved(
      `the quote of ${provider.name} is for other data than it was asked for`,
      'look for what stands between the node and the hardware; nothing was written',
    );
  }
  const collateral = await collateralOf(raw.quote);
  const { name } = provider;
  const madeAtMs = clock.nowMs();
  return { provider: name, madeAtMs, version, fields, blockHeader, ...raw, collateral };
}

function reportDataIn(tee: Attestation['tee'], quote: Buffer): Buffer {
  return tee === 'tdx' ? readTdxQuote(quote).report.reportData : readSnpReport(quote).reportData;
}
