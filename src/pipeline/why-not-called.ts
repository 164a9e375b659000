import type { ReadyRun } from './plan-runs.js';
import type { UpkeepPort } from './upkeep-port.js';

/** Why the gateway's call would not get through, for the one who asks. */
export async function whyNotCalled(
  { upkeepId }: Pick<ReadyRun, 'upkeepId'>,
  chain: Pick<UpkeepPort, 'upkeepOf' | 'hasMethod'>,
): Promise<string> {
  const upkeep = await chain.upkeepOf(upkeepId);
  if (upkeep === null) return 'the gateway knows it no more';
  const { target, method, args, trigger } = upkeep;
  const name = `${JSON.stringify(method)} with ${args.length} parameters`;
  if (!(await chain.hasMethod(target, method, args.length))) {
    return `its target has no method ${name} any more`;
  }
  return trigger.startsWith('when:')
    ? `its condition does not hold when the gateway asks, or its target's ${name} throws`
    : `its target's ${name} throws`;
}
