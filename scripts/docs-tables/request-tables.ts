import {
  nextUpkeepState,
  UPKEEP_EVENTS,
  UPKEEP_STATES,
} from '../../src/automation/upkeep-machine.js';
import { CRASH_POINTS } from '../../src/pipeline/crash-point.js';
import {
  nextRequestState,
  REQUEST_EVENTS,
  REQUEST_STATES,
} from '../../src/requests/request-machine.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { code, markdownTable } from './markdown.js';

/** The state after each event, for every state. */
export function transitionTable(): string {
  const rows = REQUEST_EVENTS.map((event) => [
    code(event),
    ...REQUEST_STATES.map((state) => nextRequestState(state, event) ?? ''),
  ]);
  return markdownTable(['event', ...REQUEST_STATES.map(code)], rows);
}

/** The same for upkeeps. */
export function upkeepTransitionTable(): string {
  const rows = UPKEEP_EVENTS.map((event) => [
    code(event),
    ...UPKEEP_STATES.map((state) => nextUpkeepState(state, event) ?? ''),
  ]);
  return markdownTable(['event', ...UPKEEP_STATES.map(code)], rows);
}

export const crashPointList = (): string => CRASH_POINTS.map((at) => `- ${code(at)}`).join('\n');

/** The node's own metrics; those of the process come besides. */
export async function metricTable(): Promise<string> {
  const text = await createMetrics({ version: '0', process: false }).text();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((m) => [m[1], m[2]]));
  const rows = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name = '', help = '']) => [
    code(name),
    types.get(name) ?? '',
    help,
  ]);
  return markdownTable(['metric', 'type', 'meaning'], rows);
}
