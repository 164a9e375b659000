import type { Clock } from '../../../base/clock.js';
import { type Check, check, fail, given, ok, skipped, warning } from '../finding.js';
import type { Endpoint, ServerTime } from './endpoint.js';
import { readHeader, UNREACHED } from './height.js';

/** Dates are of whole seconds. */
const DATE_STEP_MS = 1_000;
/** Rounds of prices with a time after their block's are refused, and certificates hang on it. */
const TOLERATED_MS = 2_000;

/** How far this clock is before (+) or behind (-) a server's, at the least. */
function surelyAheadMs({ serverMs, sentMs, receivedMs }: ServerTime): number {
  // The server looked at its clock at some time between sending and receiving.
  const least = sentMs - (serverMs + DATE_STEP_MS);
  const most = receivedMs - serverMs;
  if (least > TOLERATED_MS) return least;
  return most < -TOLERATED_MS ? most : 0;
}

/** This machine's clock against those of all endpoints, by the dates of their answers. */
export const clockCheck = (endpoints: readonly Endpoint[]): Check =>
  check('host.clock', async () => {
    const asked = await Promise.all(endpoints.map((each) => each.serverTime().catch(() => null)));
    const times = asked.filter((time) => time !== null);
    if (times.length === 0) return skipped('no endpoint answers with a date to compare with');
    const offs = times.map(surelyAheadMs);
    const isRight = offs.filter((ahead) => ahead === 0).length;
    const whose = offs.length === 1 ? 'that of the endpoint' : `those of ${offs.length} endpoints`;
    if (isRight === offs.length) return ok(`as ${whose}, to 2 s`);
    const [first = 0] = offs.filter((ahead) => ahead !== 0);
    const trouble = {
      expected: `within ${TOLERATED_MS / 1_000} s of the endpoints' clocks`,
      found: `${aheadText(first)} of ${offs.length - isRight} of ${offs.length} endpoints`,
      fix: 'Have the time kept, e.g. by chrony or systemd-timesyncd: timedatectl set-ntp true.',
    };
    if (isRight === 0) return fail(trouble);
    return warning({ ...trouble, fix: 'Leave it if yours is right: theirs are off.' });
  });

/** A block of the future would mean that this clock is behind. */
export const blockTimeCheck = (endpoint: Endpoint, clock: Clock): Check =>
  check(
    'host.clock-blocks',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async ({ height }) => {
        const { timeMs } = await readHeader(endpoint.rpc, height, { signal });
        const aheadMs = timeMs - clock.nowMs();
        if (aheadMs <= TOLERATED_MS) return ok(`block ${height} is not of the future`);
        return fail({
          expected: `no block with a time after this machine's`,
          found: `block ${height} is of ${Math.round(aheadMs / 1_000)} s from now`,
          fix: 'Have the time kept, e.g. by chrony or systemd-timesyncd: timedatectl set-ntp true.',
        });
      }),
    endpoint.label,
  );

const aheadText = (aheadMs: number): string => {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return `${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
};
