import { messageOf, NodeError } from '../../../base/node-error.js';
import type { NodeConfig } from '../../../config/node-config.js';
import type { QuoteProvider } from '../../attestation/quote-provider.js';
import { type Check, check, fail, ok, skipped, warning } from '../finding.js';
import { sizeText } from '../host/size-text.js';

const DAY_MS = 86_400_000;

/** Whether answers can be proven later. */
export const evidenceCheck = ({ evidence }: Pick<NodeConfig, 'evidence'>): Check =>
  check('evidence.retention', () => {
    const { keep, bodies, maxAgeMs, maxTotalBytes } = evidence;
    const days = Math.floor(maxAgeMs / DAY_MS);
    if (keep && bodies === 'full') return ok(`${days} days, ${sizeText(maxTotalBytes)} at most`);
    return warning({
      expected: 'what sources sent, kept in full, so that answers can be verified',
      found: keep ? 'hashes only (evidence.bodies)' : 'nothing is kept (evidence.keep)',
      fix: 'Set evidence.keep to true and evidence.bodies to full, unless it is meant so.',
    });
  });

/** Whether there is anything to ask for quotes; none is asked for. */
export const attestationCheck = (provider: QuoteProvider): Check =>
  check('attestation.provider', () => {
    if (provider.name === 'none') return skipped('attestation.provider is none');
    try {
      provider.requirePresent();
      return ok(`${provider.name} is there`);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      return fail({
        expected: `${provider.name}, as attestation.provider says`,
        found: messageOf(error),
        fix: error.hint ?? 'Set attestation.provider to none, or run where there is one.',
      });
    }
  });

export const canaryCheck = ({ canary }: Pick<NodeConfig, 'canary'>): Check =>
  check('canary', () =>
    canary === null
      ? skipped('canary.url is not set: no requests of the node to itself')
      : ok(`a request every ${Math.round(canary.everyMs / 60_000)} min`),
  );
