/** What came of asking the node. */
export type Reply =
  | { readonly kind: 'ok'; readonly body: unknown }
  /** Nobody is signed in, or not any more. */
  | { readonly kind: 'closed' }
  /** The node answered with a problem. */
  | { readonly kind: 'problem'; readonly status: number; readonly text: string }
  /** Nobody answered. */
  | { readonly kind: 'unreachable' };

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;

/** Asks the node for one path. Never rejects. */
export async function ask(fetch: Fetch, path: string, init: RequestInit = {}): Promise<Reply> {
  let response: Response;
  try {
    response = await fetch(path, {
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...init,
    });
    if (response.status === 401) return { kind: 'closed' };
    if (response.status === 204) return { kind: 'ok', body: null };
    const body: unknown = await response.json();
    if (response.ok) return { kind: 'ok', body };
    return { kind: 'problem', status: response.status, text: problemText(body, response.status) };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** The words of a problem document (RFC 9457). */
function problemText(body: unknown, status: number): string {
  const { detail, title } = (body ?? {}) as { detail?: unknown; title?: unknown };
  if (typeof detail === 'string') return detail;
  return typeof title === 'string' ? title : `the node answered with status ${status}`;
}
