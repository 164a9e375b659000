import { z } from 'zod';
import { time } from './values.js';

export const alertShape = z.object({
  code: z.string().meta({ description: 'stable, e.g. SPENDING_STOPPED' }),
  severity: z.enum(['critical', 'warning']),
  summary: z.string(),
  detail: z.string(),
  since: time().nullable().meta({ description: 'since when, where the node knows' }),
});

export const alertsShape = z.object({
  items: z.array(alertShape).meta({ description: 'critical ones first; empty: nothing' }),
});

export type Alert = z.input<typeof alertShape>;
