import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/base/node-error.js';
import {
  connectPrivateNetwork,
  MIN_BLOCK_MS,
  type NetworkFacts,
  type OwnPrivateNetwork,
  type PrivateNetwork,
  startPrivateNetwork,
} from './private-network.js';

/** Names the socket of a run's network to the processes of the run. */
export const SHARED_NETWORK_VARIABLE = 'DODONA_TEST_NETWORK';

type Answer = { readonly facts: NetworkFacts } | { readonly error: string };

/**
 * Offers one private network with blocks of 100 ms to all processes of a test run. It starts when
 * the first one asks, so that a run that needs none starts none.
 */
export async function offerSharedNetwork(): Promise<{ socket: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dodona-run-'));
  const socket = join(folder, 'network.sock');
  let started: Promise<OwnPrivateNetwork> | null = null;
  const server = createServer(async (connection) => {
    connection.on('error', () => {});
    started ??= startPrivateNetwork({ blockMs: MIN_BLOCK_MS });
    const answer: Answer = await started.then(
      ({ facts }) => ({ facts }),
      (error) => ({ error: messageOf(error) }),
    );
    connection.end(JSON.stringify(answer));
  });
  server.listen(socket);
  await once(server, 'listening');
  server.unref();
  const stop = async () => {
    server.close();
    const network = await started?.catch(() => null);
    await network?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { socket, stop };
}

/**
 * The network that all test files of this run share. Each file makes its own accounts and deploys
 * its own contracts (an own owner gives them an own hash), changes no policy, and neither stops nor
 * stalls the network: a file that must do so starts its own with startPrivateNetwork.
 */
export async function sharedNetwork(): Promise<PrivateNetwork> {
  const socket = process.env[SHARED_NETWORK_VARIABLE];
  if (socket === undefined) {
    throw new Error('no shared network: run the tests by mocha with the .mocharc.json of the root');
  }
  const connection = createConnection(socket);
  let text = '';
  for await (const part of connection) text += String(part);
  const answer = JSON.parse(text) as Answer;
  if ('error' in answer) throw new Error(`the shared network did not start: ${answer.error}`);
  return connectPrivateNetwork(answer.facts);
}
