import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Clock } from '../../../base/clock.js';
import type { ApiConfig } from '../../../config/api-config.js';
import { type Check, check, fail, ok, skipped, warning } from '../finding.js';
import type { FindNode } from './database.js';

const DAY_MS = 86_400_000;
/** Time to renew it. */
const LEAST_DAYS = 14;

/** Whether the API may listen where it is to; the node that works here does already. */
export const apiPortCheck = ({ host, port }: ApiConfig, findNode: FindNode): Check =>
  check('api.port', async () => {
    const { kind } = await findNode();
    if (kind === 'running') return ok(`${host}:${port}, by the node that works here`);
    const trouble = await listeningTrouble(host, port);
    if (trouble === null) return ok(`${host}:${port === 0 ? 'any free port' : port} is free`);
    return fail({
      expected: `that the node may listen on ${host}:${port}`,
      found: trouble,
      fix: 'End what listens there, or set api.host and api.port to what is free here.',
    });
  });

/** Null when it may be listened on. */
function listeningTrouble(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

export const apiTlsCheck = ({ tls, behindProxy, host }: ApiConfig, clock: Clock): Check =>
  check('api.tls', () => {
    if (tls === null) {
      const how = behindProxy ? 'a proxy speaks TLS before it' : `only ${host} can reach it`;
      return skipped(`api.tls is not set: ${how}`);
    }
    const { validFrom, validTo } = new X509Certificate(readFileSync(tls.certFile));
    const [fromMs, toMs, nowMs] = [Date.parse(validFrom), Date.parse(validTo), clock.nowMs()];
    const days = Math.floor((toMs - nowMs) / DAY_MS);
    const trouble = {
      expected: `a certificate that is valid for ${LEAST_DAYS} days or more`,
      found: `valid from ${validFrom} to ${validTo}`,
      fix: 'Renew it, put it where api.tls.certFile says, and start the node again.',
    };
    if (nowMs < fromMs || nowMs > toMs) return fail(trouble);
    return days < LEAST_DAYS ? warning(trouble) : ok(`the certificate is valid for ${days} days`);
  });
