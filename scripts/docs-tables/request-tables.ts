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
