import { ask, type Fetch } from './api.js';

/** Exchanges a code for a session, which the browser keeps as a cookie. Null, or why it failed. */
export async function signIn(fetch: Fetch, code: string): Promise<string | null> {
  const reply = await ask(fetch, '/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  switch (reply.kind) {
    case 'ok':
      return null;
    case 'closed':
      return 'this link was used already, or is too old';
    case 'problem':
      return reply.text;
    case 'unreachable':
      return 'the node does not answer';
  }
}
