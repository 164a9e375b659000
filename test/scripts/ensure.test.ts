import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { ensureChromium } from '../../scripts/ensure/chromium.mjs';
import { ensureNeoGo, NEO_GO_VERSION } from '../../scripts/ensure/neo-go.mjs';
import { whyInstall } from '../../scripts/ensure/node-modules.mjs';
import { ensurePromtool } from '../../scripts/ensure/promtool.mjs';
import { requireGo, requireNode } from '../../scripts/ensure/requirements.mjs';
import { createSteps } from '../../scripts/ensure/steps.mjs';
import { sha256, toHex } from '../../src/base/bytes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dodona-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('what a machine must have', () => {
  it('is Node 20.19, and the message names both versions', () => {
    requireNode('20.19.0');
    requireNode('22.1.0');
    assert.throws(() => requireNode('20.18.3'), {
      message: 'Node 20.18.3 is too old: install Node 20.19 or newer and try again.',
    });
  });

  it('is Go 1.25, and the message says when it is missing or too old', () => {
    assert.throws(() => requireGo({ PATH: folder }), {
      message:
        'Go is missing, which compiles the contracts: install Go 1.25 or newer and try again.',
    });
    program(join(folder, 'go'), 'echo go1.24.3');
    assert.throws(() => requireGo({ PATH: folder }), /^SetupError: Go 1\.24\.3 is too old/);
    program(join(folder, 'go'), 'echo go1.26.8');
    requireGo({ PATH: folder });
  });
});

describe('npm packages are installed', () => {
  const entry = { version: '1.0.0', integrity: 'sha512-a' };
  const lock = (packages: Record<string, unknown>) =>
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  const installed = (packages: Record<string, unknown>) => {
    for (const path of Object.keys(packages)) {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 'package.json'), '{}');
    }
    const record = join(folder, 'node_modules', '.package-lock.json');
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(record, JSON.stringify({ packages }));
  };

  it('when there are none', () => {
    lock({});
    assert.equal(whyInstall(folder), 'node_modules is missing');
  });

  it('not when they are those of package-lock.json, but for optional ones of other platforms', () => {
    lock({ '': {}, 'node_modules/a': entry, 'node_modules/mac': { ...entry, optional: true } });
    installed({ 'node_modules/a': entry });
    assert.equal(whyInstall(folder), null);
  });

  it('when one has another version or content, is missing, was deleted, or is not to be there', () => {
    lock({ '': {}, 'node_modules/a': entry });
    installed({ 'node_modules/a': { ...entry, version: '0.9.0' } });
    assert.equal(whyInstall(folder), 'node_modules/a is not of version 1.0.0');
    installed({ 'node_modules/a': { ...entry, integrity: 'sha512-b' } });
    assert.equal(whyInstall(folder), 'node_modules/a is not of version 1.0.0');
    installed({});
    assert.equal(whyInstall(folder), 'node_modules/a is missing');
    installed({ 'node_modules/a': entry, 'node_modules/b': entry });
    assert.equal(whyInstall(folder), 'node_modules/b is not in package-lock.json');
    installed({ 'node_modules/a': entry });
    rmSync(join(folder, 'node_modules/a/package.json'));
    assert.equal(whyInstall(folder), 'node_modules/a is gone');
  });
});

describe('neo-go', () => {
  const fake = (path: string, version: string) => program(path, `echo "Version: ${version}"`);
  const common = { platform: 'linux-x64', steps: createSteps({ write: () => {} }) };
  /** Without Python, Go or anything else to get another one by. */
  const env = () => ({ PATH: folder, DODONA_CACHE: join(folder, 'cache') });

  it('is the one of NEO_GO when its version is the pinned one', async () => {
    const given = fake(join(folder, 'mine'), NEO_GO_VERSION);
    assert.equal(await ensureNeoGo({ env: { ...env(), NEO_GO: given }, ...common }), given);
    fake(given, '0.99.0');
    await assert.rejects(ensureNeoGo({ env: { ...env(), NEO_GO: given }, ...common }), {
      message:
        `NEO_GO=${given} is neo-go 0.99.0: set it to a neo-go ${NEO_GO_VERSION}, ` +
        'or unset it to get one.',
    });
  });

  it('is the one on the PATH only when its version is the pinned one', async () => {
    const found = fake(join(folder, 'neo-go'), NEO_GO_VERSION);
    assert.equal(await ensureNeoGo({ env: env(), ...common }), found);
    fake(found, '0.99.0');
    await assert.rejects(ensureNeoGo({ env: env(), ...common }), /^SetupError: Go is missing/);
  });

  it('is the cached copy as long as its content is what was put there', async () => {
    const cached = join(folder, 'cache', 'neo-go', `${NEO_GO_VERSION}-${common.platform}`);
    mkdirSync(cached, { recursive: true });
    const binary = fake(join(cached, 'neo-go'), NEO_GO_VERSION);
    const content = `#!/bin/sh\necho "Version: ${NEO_GO_VERSION}"\n`;
    writeFileSync(join(cached, 'neo-go.sha256'), `${toHex(sha256(content))}\n`);
    assert.equal(await ensureNeoGo({ env: env(), ...common }), binary);
    program(binary, 'echo altered');
    await assert.rejects(ensureNeoGo({ env: env(), ...common }), /^SetupError: Go is missing/);
  });
});

describe('programs that tests alone need', () => {
  const steps = createSteps({ write: () => {} });
  /** The shell's own words alone, and no packages of the system. */
  const env = (more: NodeJS.ProcessEnv = {}) => ({
    PATH: folder,
    DODONA_CACHE: join(folder, 'cache'),
    ...more,
  });
  const chromium = (name: string, version: number) =>
    program(join(folder, name), `echo "Chromium ${version}.0.1.2 built on Debian"`);
  const promtool = (name: string) =>
    program(join(folder, name), 'echo "promtool, version 2.42.0+ds (branch: x)"');

  it('are those of CHROMIUM and PROMTOOL when they can be used, and the message says why not', async () => {
    const browser = chromium('mine', 140);
    assert.equal(await ensureChromium({ env: env({ CHROMIUM: browser }), steps }), browser);
    chromium('mine', 90);
    await assert.rejects(ensureChromium({ env: env({ CHROMIUM: browser }), steps }), {
      message:
        `CHROMIUM=${browser} is Chromium 90: set it to a Chromium of version 123 or newer, ` +
        'or unset it.',
    });
    const tool = promtool('tool');
    assert.equal(await ensurePromtool({ env: env({ PROMTOOL: tool }), steps }), tool);
    program(tool, 'echo hello');
    await assert.rejects(ensurePromtool({ env: env({ PROMTOOL: tool }), steps }), {
      message: `PROMTOOL=${tool} is not a promtool: set it to one, or unset it.`,
    });
  });

  it('are those on the PATH; a Chromium that is too old is passed over', async () => {
    chromium('chromium', 90);
    const browser = chromium('google-chrome', 156);
    assert.equal(await ensureChromium({ env: env(), steps }), browser);
    const tool = promtool('promtool');
    assert.equal(await ensurePromtool({ env: env(), steps }), tool);
  });

  it('are named, one at a time, when they are missing and cannot be installed', async () => {
    const elsewhere = { env: env(), steps, platform: 'linux-arm64' };
    await assert.rejects(ensureChromium({ ...elsewhere, uid: 0 }), {
      message:
        'Chromium is missing, which tests the console page: install Chromium 123 or newer ' +
        '(Debian: apt-get install chromium-headless-shell), or set CHROMIUM to it, and try again.',
    });
    program(join(folder, 'apt-get'), 'exit 1');
    await assert.rejects(ensureChromium({ ...elsewhere, uid: 1000 }), /Chromium is missing/);
    rmSync(join(folder, 'apt-get'));
    await assert.rejects(ensurePromtool({ env: env(), steps, uid: 0 }), {
      message:
        'promtool is missing, which checks metrics and alert rules: install it (Debian: it is in ' +
        'the package prometheus), or set PROMTOOL to it, and try again.',
    });
  });

  it('are downloaded and built where the system has no package, of what was pinned alone', async () => {
    const given = { env: env(), steps, platform: 'linux-x64' };
    program(join(folder, 'npm'), 'echo other > "$5/sparticuz-chromium-153.0.0.tgz"');
    await assert.rejects(
      ensureChromium({ ...given, uid: 1000 }),
      /Chromium is missing.*the downloaded @sparticuz\/chromium has SHA-512 \S+ instead of jiGWqS/,
    );
    program(join(folder, 'npm'), 'exit 1');
    await assert.rejects(
      ensureChromium({ ...given, uid: 0 }),
      /Chromium is missing.*npm cannot download @sparticuz\/chromium 153\.0\.0/,
    );
    assert.deepEqual(readdirSync(join(folder, 'cache', 'chromium')), []);
    const built = promtool('promtool-built');
    const build = `[ "$8" = -o ] && /bin/cp ${built} "$9"`;
    program(join(folder, 'go'), `case "$1" in env) echo go1.26.8;; build) ${build};; esac`);
    // A package that is there in name alone.
    program(join(folder, 'apt-get'), 'exit 1');
    const tool = join(folder, 'cache', 'promtool', 'promtool');
    assert.equal(await ensurePromtool({ env: env(), steps, uid: 1000 }), tool);
    assert.deepEqual(readdirSync(join(folder, 'cache', 'promtool')), ['promtool']);
  });

  it("come from the system's packages: Chromium installed by root, promtool only unpacked", async () => {
    const calls = join(folder, 'calls');
    chromium('fresh', 156);
    promtool('promtool-in-package');
    program(
      join(folder, 'apt-get'),
      `echo "$@" >> ${calls}
       case "$1" in
         update) exit 100;;
         install) /bin/cp ${folder}/fresh ${folder}/chromium-headless-shell;;
         download) : > prometheus.deb;;
       esac`,
    );
    program(
      join(folder, 'dpkg'),
      `/bin/mkdir -p "$3/usr/bin" && /bin/cp ${folder}/promtool-in-package "$3/usr/bin/promtool"`,
    );
    const browser = await ensureChromium({ env: env(), steps, uid: 0 });
    assert.match(browser, /chromium-headless-shell$/);
    const tool = await ensurePromtool({ env: env(), steps, uid: 1000 });
    assert.equal(tool, join(folder, 'cache', 'promtool', 'promtool'));
    rmSync(join(folder, 'apt-get'));
    assert.equal(await ensurePromtool({ env: env(), steps, uid: 1000 }), tool);
    assert.deepEqual(readFileSync(calls, 'utf8').trimEnd().split('\n'), [
      'update',
      'install -y --no-install-recommends -o DPkg::Lock::Timeout=300 chromium-headless-shell',
      'download prometheus',
    ]);
  });
});

describe('progress of a step', () => {
  const told: string[] = [];
  beforeEach(() => {
    told.length = 0;
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  });
  afterEach(() => mock.timers.reset());

  it('shows the duration after two seconds and each ten seconds from then on', async () => {
    let nowMs = 0;
    const steps = createSteps({
      write: (text) => void told.push(text.trimEnd()),
      isTerminal: false,
      nowMs: () => nowMs,
    });
    const pass = (ms: number) => {
      nowMs += ms;
      mock.timers.tick(ms);
    };
    await steps.step('build', async (detail) => {
      pass(1_999);
      assert.deepEqual(told, ['… build']);
      detail('one.o');
      pass(1);
      pass(10_000);
    });
    assert.deepEqual(told, [
      '… build',
      '… build: 2.0 s — one.o',
      '… build: 12.0 s — one.o',
      '✓ build (12.0 s)',
    ]);
    assert.deepEqual(steps.finished(), [{ title: 'build', ms: 12_000 }]);
  });
});
