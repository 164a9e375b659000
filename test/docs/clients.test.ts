import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readContract } from '../../scripts/devnet/contracts.js';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { type AuthorsDevnet, startAuthorsDevnet } from '../../src/devnet/authors-devnet.js';

const MAX_FEE = parseGas('1');
const CLIENTS = join(projectRoot, 'docs', 'clients');
const PROGRAM = join(projectRoot, 'dist', 'cli', 'dodona.js');
const COMMANDS = {
  TypeScript: [process.execPath, '--import', 'tsx', join(CLIENTS, 'follow.mts')],
  Python: ['python3', join(CLIENTS, 'follow.py')],
  curl: ['bash', join(CLIENTS, 'follow.sh')],
} as const;

describe('the example clients', function () {
  this.timeout(180_000);
  let devnet: AuthorsDevnet;
  let contract: Hash160;
  let url: string;
  let key: string;
  before(async () => {
    devnet = await startAuthorsDevnet({ neoGo: () => ensureNeoGo() });
    const options = { data: devnet.gateway, credit: MAX_FEE * 10n };
    contract = await devnet.deploy(await readContract('skeleton'), options);
    ({ url } = await devnet.serve({ '/data': { text: 'é "quoted" \u0001\u2028' } }));
    key = keyOf('read', 'evidence:read');
  });
  after(() => devnet.stop());

  const keyOf = (...scopes: string[]): string => {
    const given = scopes.flatMap((scope) => ['--scope', scope]);
    const args = [PROGRAM, 'api-keys', 'create', '--name', 'client', ...given, '--json'];
    const config = ['--config', devnet.configFile];
    return JSON.parse(execFileSync(process.execPath, [...args, ...config], { encoding: 'utf8' }))
      .token;
  };
  const ask = (path: string) =>
    devnet.invoke(contract, 'ask', [JSON.stringify({ url: `${url}${path}` }), '', MAX_FEE]);
  const answered = async (path: string) => devnet.answerTo(await ask(path));

  /** A client that listens for events by now; `rest` is all that it said when it has ended. */
  async function listening(language: keyof typeof COMMANDS, token: string) {
    const [command, ...args] = COMMANDS[language];
    const child = spawn(command, args, {
      cwd: projectRoot,
      env: {
        ...process.env,
        DODONA_URL: devnet.apiUrl,
        DODONA_KEY: token,
        PATH: `${join(import.meta.dirname, 'shims')}:${process.env.PATH}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    const ended = once(child, 'close') as Promise<[number]>;
    const heard = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        said.push(line);
        if (line === 'listening') resolve();
      });
      createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
    });
    await Promise.race([heard, ended]);
    return { said, ended: ended.then(([code]) => code) };
  }

  it('read status and requests by cursor, check evidence, and hear of a request that ends', async () => {
    const first = await answered('/data');
    await answered('/missing');
    const third = await answered('/data');
    const languages = ['TypeScript', 'Python', 'curl'] as const;
    const clients = await Promise.all(languages.map((language) => listening(language, key)));
    const last = await answered('/data');
    for (const [at, { said, ended }] of clients.entries()) {
      const text = said.join('\n');
      assert.equal(await ended, 0, text);
      assert.match(text, new RegExp(`^request ${first.id}(?:: http, answered, Success)?$`, 'm'));
      assert.match(text, at === 2 ? /"isReady":true/ : /^dodona \S+ at block \d+, ready$/m);
      assert.match(text, at === 2 ? /^Request \d+: verified$/m : /: 1 bodies, as hashed$/m);
      assert.equal(said.filter((line) => line.startsWith(`request ${third.id}`)).length, 1, text);
      assert.equal(said.at(-1), `request ${last.id} is answered`, text);
    }
    const [typed, python] = clients.map(({ said }) => said.join('\n'));
    const heads = (text = '') => text.split('\n').filter((line) => !/^dodona/.test(line));
    assert.deepEqual(heads(typed), heads(python), 'both say the same');
    assert.match(typed ?? '', /^ {2}\S+Z requested/m);
  });

  it('end with what the node says where the key does not reach', async () => {
    const weak = keyOf('audit:read');
    const languages = ['TypeScript', 'Python', 'curl'] as const;
    const clients = await Promise.all(languages.map((language) => listening(language, weak)));
    for (const { said, ended } of clients) {
      const text = said.join('\n');
      assert.notEqual(await ended, 0, text);
      assert.match(text, /NOT_ALLOWED/, text);
      assert.ok(!text.includes(weak));
    }
  });
});
