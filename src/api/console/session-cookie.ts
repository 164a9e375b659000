/** The cookie of the console. It is sent to this host alone, and to no script of a page. */
const COOKIE = 'dodona_console';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const MAX_COOKIES_CHARS = 4_096;

/**
 * The header that gives a browser the cookie; an empty token takes it away. One that came by HTTPS
 * never leaves the browser without it.
 */
export function cookieHeader(token: string, maxAgeS: number, protocol: 'http' | 'https'): string {
  const secure = protocol === 'https' ? '; Secure' : '';
  return `${COOKIE}=${token}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

/** The token in a header `Cookie`, or null. */
export function tokenOf(header: string | undefined): string | null {
  if (header === undefined || header.length > MAX_COOKIES_CHARS) return null;
  for (const part of header.split(';')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (name === COOKIE && TOKEN.test(value)) return value;
  }
  return null;
}

/**
 * Whether a browser says that a page of another origin asks. Cookies know no ports: a page of
 * another program on this machine would have them sent, too. A program that is no browser says
 * nothing.
 */
export const isForeignPage = (fetchSite: string | string[] | undefined): boolean =>
  fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
