import { z } from 'zod';
import { block, txHash } from './values.js';

const bodyShape = z.union([
  z.object({ text: z.string() }),
  z.object({ base64: z.string().meta({ description: 'bytes that are no text' }) }),
]);

/** The file that `dodona evidence export` writes. */
export const evidenceShape = z.object({
  dodonaEvidence: z.literal(1),
  hash: z.string().meta({ description: 'SHA-256 of the canonical text of the bundle, hex' }),
  answeredIn: z.object({ tx: txHash(), block: block().nullable() }).nullable(),
  bundle: z
    .record(z.string(), z.unknown())
    .meta({ description: 'what was asked, fetched, and found' }),
  bodies: z.record(z.string(), bodyShape).meta({ description: 'what sources sent, by SHA-256' }),
});
