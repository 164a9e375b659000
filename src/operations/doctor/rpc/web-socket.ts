import type { Clock } from '../../../base/clock.js';
import { createAnnouncements, webSocketUrlOf } from '../../../chain/block-announcements.js';
import { endpointLabel } from '../../../chain/rpc-http.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, ok, skipped, warning } from '../finding.js';

const BACK_OFF = { firstMs: 60_000, maxMs: 60_000 };

/** One for each WebSocket that the node may listen on. */
export function webSocketChecks({ network }: Pick<NodeConfig, 'network'>, clock: Clock): Check[] {
  const { webSocket, rpcUrls, requestTimeoutMs, pollIntervalMs } = network;
  if (webSocket === 'off') {
    const why = `network.webSocket is off: the node asks every ${pollIntervalMs} ms`;
    return [check('rpc.web-socket', () => skipped(why))];
  }
  const urls = webSocket === 'auto' ? rpcUrls.map(webSocketUrlOf) : webSocket;
  return urls.map((url) =>
    check(
      'rpc.web-socket',
      async (signal) => {
        const refusal = await subscribe(url, requestTimeoutMs, clock, signal);
        if (refusal === null) return ok('it announces blocks');
        return warning({
          expected: 'a subscription to new blocks',
          found: refusal,
          fix:
            `None is needed: the node asks every ${pollIntervalMs} ms instead, and answers so ` +
            'much later. On neo-go RPC serves it at /ws; else set network.webSocket to off.',
        });
      },
      endpointLabel(url),
    ),
  );
}

/** Null when it was taken, else why not. */
function subscribe(
  url: string,
  connectTimeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { urls: [url], clock, connectTimeoutMs, backOff: BACK_OFF };
    const end = (reason: string | null): void => {
      announcements.close();
      resolve(reason);
    };
    const announcements = createAnnouncements(options, {
      onAnnounced: () => {},
      onState: (isListening, reason) => end(isListening ? null : (reason ?? 'it was closed')),
    });
    signal.addEventListener('abort', () => end('no answer in time'), { once: true });
  });
}
