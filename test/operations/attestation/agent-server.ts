import { once } from 'node:events';
import { createServer } from 'node:http';

export interface AgentRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

export interface AgentServer {
  readonly requests: AgentRequest[];
  /** Status and body of the next answers. */
  answer: (request: AgentRequest) => { readonly status?: number; readonly body: string } | null;
  stop(): Promise<void>;
}

/** A guest agent on a Unix socket; it never answers where `answer` gives null. */
export async function startAgent(
  socket: string,
  answer: AgentServer['answer'],
): Promise<AgentServer> {
  const requests: AgentRequest[] = [];
  const agent = { requests, answer };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const asked = { method, url, body: Buffer.concat(parts).toString('utf8') };
      requests.push(asked);
      const said = agent.answer(asked);
      if (said === null) return;
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json' });
      response.end(said.body);
    });
  });
  server.listen(socket);
  await once(server, 'listening');
  return Object.assign(agent, {
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

/** What the agent of dstack 0.5 answers to GetQuote, by the shape of its API's description. */
export const quoteAnswer = (quote: Buffer, reportData: string) => ({
  body: JSON.stringify({
    quote: quote.toString('hex'),
    event_log: '[{"imr":3,"event_type":134217729,"digest":"ab","event":"app-id"}]',
    report_data: reportData,
    vm_config: '{"cpu_count":1}',
    attestation: '',
  }),
});
