import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { type Answer, apiFixture } from '../api-fixture.js';

const COOKIE =
  /^dodona_console=([A-Za-z0-9_-]{43}); Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/;

describe('the console beside the API', () => {
  const fixture = apiFixture();
  after(() => fixture.close());
  let ask: Awaited<ReturnType<typeof fixture.serve>>['ask'];
  before(async () => {
    ({ ask } = await fixture.serve());
  });

  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: unknown, headers = {}) =>
    ask(path, {
      method: 'POST',
      token: null,
      body: JSON.stringify(body),
      headers: { ...json, ...headers },
    });
  const newCode = async (): Promise<string> =>
    (await ask('/console/links', { method: 'POST' })).body.code;
  const tokenFrom = ({ headers }: Answer): string =>
    COOKIE.exec(String(headers['set-cookie']))?.[1] ?? assert.fail(String(headers['set-cookie']));
  const signIn = async (): Promise<string> => {
    const code = await newCode();
    return `dodona_console=${tokenFrom(await post('/console/session', { code }))}`;
  };
  const withCookie = (path: string, cookie: string, headers = {}) =>
    ask(path, { token: null, headers: { cookie, ...headers } });

  it('serves the page to everybody, under a policy that lets nothing in from elsewhere', async () => {
    const page = await ask('/console', { token: null });
    assert.equal(page.status, 200);
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    const policy = String(page.headers['content-security-policy']);
    assert.match(
      policy,
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
    );
    assert.doesNotMatch(policy, /unsafe|http|\*|data:/);
    const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    assert.ok(named.length >= 7);
    for (const path of named) assert.equal((await ask(path, { token: null })).status, 200, path);
    assert.doesNotMatch(page.text, /<style|<script>|style=|\son[a-z]+=/);
    const home = await ask('/', { token: null });
    assert.deepEqual([home.status, home.headers.location], [302, '/console']);
  });

  it('sends what the browser has again only when it changed', async () => {
    const { headers } = await ask('/console/main.js', { token: null });
    const again = await ask('/console/main.js', {
      token: null,
      headers: { 'if-none-match': String(headers.etag) },
    });
    assert.deepEqual([again.status, again.text], [304, '']);
  });

  it('serves no other file', async () => {
    const paths = ['/console/x.js', '/console/..%2f..%2f..%2fpackage.json', '/console/main.js.map'];
    for (const path of paths) assert.equal((await ask(path, { token: null })).status, 404, path);
  });

  it('gives links to the command line of this machine alone', async () => {
    assert.equal((await post('/console/links', {})).body.code, 'NOT_SIGNED_IN');
    const cookie = await signIn();
    assert.equal((await post('/console/links', {}, { cookie })).body.code, 'NOT_SIGNED_IN');
    const { status, body } = await ask('/console/links', { method: 'POST' });
    assert.equal(status, 201);
    assert.match(body.code, /^[A-Za-z0-9_-]{43}$/);
    assert.ok(Date.parse(body.expiresAt) > Date.now());
  });

  it('takes the code of a link once, and says what is wrong with another', async () => {
    const code = await newCode();
    const first = await post('/console/session', { code });
    assert.equal(first.status, 204);
    const second = await post('/console/session', { code });
    assert.deepEqual([second.status, second.body.code], [401, 'BAD_CREDENTIALS']);
    assert.match(second.body.detail, /used already, or is too old: run dodona console/);
    assert.equal((await post('/console/session', {})).body.code, 'BAD_BODY');
    assert.equal((await post('/console/session', { code: 'x'.repeat(201) })).body.code, 'BAD_BODY');
  });

  it('lets a session read, and nothing else', async () => {
    const cookie = await signIn();
    assert.equal((await withCookie('/v1/status', cookie)).status, 200);
    assert.equal((await withCookie('/v1/alerts', `a=b; ${cookie}`)).status, 200);
    assert.equal((await withCookie('/local/status', cookie)).body.code, 'NOT_ALLOWED');
    assert.equal((await withCookie('/v1/audit', cookie)).body.code, 'NOT_ALLOWED');
    assert.equal((await withCookie('/v1/requests/6/evidence', cookie)).body.code, 'NOT_ALLOWED');
    const wrong = `dodona_console=${'A'.repeat(43)}`;
    assert.equal((await withCookie('/v1/status', wrong)).body.code, 'NOT_SIGNED_IN');
  });

  it('lets no page of another origin use it, not even one of this machine', async () => {
    const cookie = await signIn();
    const ofSite = (site: string) => ({ 'sec-fetch-site': site });
    for (const site of ['cross-site', 'same-site']) {
      const read = await withCookie('/v1/status', cookie, ofSite(site));
      assert.equal(read.body.code, 'NOT_SIGNED_IN', site);
      const code = await newCode();
      const entered = await post('/console/session', { code }, ofSite(site));
      assert.equal(entered.body.code, 'NOT_ALLOWED', site);
    }
    assert.equal((await withCookie('/v1/status', cookie, ofSite('same-origin'))).status, 200);
  });

  it('ends a session for good when it signs out', async () => {
    const cookie = await signIn();
    const out = await ask('/console/session', {
      method: 'DELETE',
      token: null,
      headers: { cookie },
    });
    assert.equal(out.status, 204);
    assert.match(String(out.headers['set-cookie']), /^dodona_console=; Path=\/; Max-Age=0;/);
    assert.equal((await withCookie('/v1/status', cookie)).body.code, 'NOT_SIGNED_IN');
  });
});

describe('the package', () => {
  it('has the page with all that it needs, and the licences of what is not its own', async () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: projectRoot });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const folder = 'dist/api/console/page/';
    const inside = packed.files
      .map(({ path }) => path)
      .filter((path) => path.startsWith(folder) && !/\.(?:js|map)$/.test(path))
      .map((path) => path.slice(folder.length));
    assert.deepEqual(inside.sort(), [
      'base.css',
      'ibm-plex-mono.woff2',
      'ibm-plex-sans.woff2',
      'ibm-plex.LICENSE',
      'icon.svg',
      'index.html',
      'motion.css',
      'narrow.css',
      'parts.css',
      'preact.LICENSE',
      'views.css',
    ]);
    const named = packed.files.map(({ path }) => path);
    for (const name of ['main.js', 'choose-theme.js', 'preact.js']) {
      assert.ok(named.includes(`${folder}${name}`), name);
    }
  });
});
