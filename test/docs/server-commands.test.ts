import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { deployGateway, gatewayHashes } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { parseGas } from '../../src/base/datoshi.js';
import { addressToHash160, type Hash160 } from '../../src/base/hash.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type CommandRule, runBlocks, type ShellRun } from './doc-shell.js';
import { DOCUMENTS, type FencedBlock, fencedBlocks, readDocument } from './fenced-blocks.js';
import { type Machine, startMachine } from './machine/machine.js';
import { idsOf, isRoot } from './machine/program.js';

// The blocks with sudo or docker, each run as it stands on a machine that is a folder.

const blocks = DOCUMENTS.flatMap((page) => fencedBlocks(page, 'bash'));
const [first] = blocks as [FencedBlock];
const STATUS = 'sudo -u dodona dodona status --config /etc/dodona/node.config.yaml';
/** Of the image. */
const IMAGE_UID = 10_001;
const NATIVE = 'node_modules/better-sqlite3';

describe('the blocks of commands for servers', function () {
  this.timeout(600_000);
  const seen = new Set<FencedBlock>();
  let machine: Machine;
  let fixture: NodeFixture;
  let released: string;
  let owner: DevnetAccount;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    owner = await fixture.network.newAccount(parseGas('100'));
    machine = await startMachine(giveGateway);
  });
  after(async () => {
    await machine?.remove();
    await fixture?.stop();
  });

  const container = (...path: string[]): string =>
    join(machine.docker.stages.get('node') ?? '', ...path);

  /** Makes the gateway of the account that was made in the container, and funds it. */
  async function giveGateway(): Promise<void> {
    const wallet = JSON.parse(readFileSync(container('data', 'wallet.json'), 'utf8'));
    const account = addressToHash160(wallet.accounts[0].address);
    await deployGateway(fixture.network, owner, account);
    await fixture.network.fund(account, parseGas('50'));
  }

  const blockWith = (text: string): FencedBlock => {
    const [block, ...more] = blocks.filter((each) => each.text.includes(text));
    assert.ok(block !== undefined && more.length === 0, text);
    seen.add(block);
    return block;
  };
  /** What the reader does besides. */
  const besides = (...lines: string[]): FencedBlock => ({
    ...first,
    text: `${lines.join('\n')}\n`,
  });

  /** Words that begin with a slash are paths of the machine. */
  const onMachine = (text: string): string => text.replace(/(?<=\s)\/(?=\w)/g, `${machine.root}/`);

  /** An example of a configuration, for a gateway on this network. */
  const adapted = (example: string, gateway: Hash160): string => {
    const { magic, rpcUrl } = fixture.network;
    const times = 'blockTime: 100ms, pollInterval: 100ms';
    return example
      .replace(
        'preset: testnet',
        `preset: devnet\nnetwork: {magic: ${magic}, rpc: [${rpcUrl}], ${times}}`,
      )
      .replace('magic: 894710606', `magic: ${magic}`)
      .replace(/0x[0-9a-f]{40}/, gateway)
      .replace(/startBlock: \d+/, `startBlock: ${fixture.fromBlock}`)
      .replace('port: 7411', 'port: 0');
  };

  /** What the page before has the reader make. */
  const filesOfReader = (config: string): string[] => [
    'mkdir ~/dodona',
    `cp -p '${config}' ~/dodona/node.config.yaml`,
    ...['json', 'password'].map(
      (what) => `cp -p '${fixture.folder}/node-wallet.${what}' ~/dodona/wallet.${what}`,
    ),
  ];

  /** What a command said, without the command. */
  const linesOf = (shell: ShellRun, command: string): string[] =>
    shell.outputOf(command).trimEnd().split('\n').slice(1);

  async function runOnMachine(
    parts: readonly FencedBlock[],
    rules: readonly CommandRule[] = [],
  ): Promise<ShellRun> {
    const begin = besides(
      `export MACHINE='${machine.root}' PATH="${machine.root}/usr/local/bin:$PATH"`,
      // The reader's own home has what npm is told and what it keeps.
      `export npm_config_userconfig="\${npm_config_userconfig-${homedir()}/.npmrc}"`,
      `export npm_config_cache="\${npm_config_cache-${homedir()}/.npm}"`,
    );
    const shell = await runBlocks(
      [begin, ...parts],
      [
        ...rules,
        { when: /dodona status\b/, how: { kind: 'retry', until: 'ready' }, as: onMachine },
        { when: /^(?:sudo|cd|find) /, how: { kind: 'run' }, as: onMachine },
      ],
    );
    assert.equal(shell.exitCode, 0, `${shell.transcript}\n${machine.logs()}`);
    return shell;
  }

  it('make and install the package so that the user of the service can read it, after umask 077 and back in it', async () => {
    const rebuild: CommandRule = {
      // Compiles for minutes of a core. The same version's, as the checkout has it.
      when: /^sudo npm rebuild better-sqlite3$/,
      how: { kind: 'run' },
      as: () => `sudo cp -r '${projectRoot}/${NATIVE}/build' ${NATIVE}`,
    };
    const shell = await runOnMachine(
      [
        besides('umask 077'),
        blockWith('npm ci'),
        besides('umask', 'dodona --version', 'sha256sum ~/release/*'),
        besides('find /opt /etc/dodona ! -type l ! -perm -004 | head'),
      ],
      [rebuild],
    );
    assert.match(shell.outputOf('umask'), /^0077$/m);
    assert.match(shell.outputOf('dodona --version'), /^\d+\.\d+\.\d+$/m);
    assert.deepEqual(linesOf(shell, 'find'), []);
    released = /^([0-9a-f]{64}) /m.exec(shell.outputOf('sha256sum'))?.[1] ?? 'none';
    assert.ok(shell.outputOf('npm run pack').includes(`\n${released}  `));
  });

  /** The configuration that a page shows, for the machine and the network, in a file. */
  function written(page: string, words: string, name: string): string {
    const [found, ...more] = fencedBlocks(page, 'yaml').filter(({ text }) => text.includes(words));
    assert.ok(found !== undefined && more.length === 0, words);
    const file = join(fixture.folder, name);
    writeFileSync(file, onMachine(adapted(found.text, fixture.gateway)));
    return file;
  }

  it('have systemd run the node, and the stopped one answer with the password lent', async () => {
    const config = written('docs/operators.md', '/run/credentials', 'installed.yaml');
    const shell = await runOnMachine([
      besides(...filesOfReader(config)),
      blockWith('systemctl enable --now dodona\n'),
      besides('sudo systemctl stop dodona', 'sudo find /run/credentials -mindepth 1'),
      blockWith('dodona doctor'),
      besides('sudo systemctl start dodona', STATUS),
    ]);
    assert.match(shell.outputOf('sudo journalctl'), /in step with the chain/);
    assert.match(shell.outputOf('sudo -u dodona dodona config'), /is valid/);
    assert.match(shell.outputOf('sudo -u dodona dodona doctor'), /Nothing fails\./);
    assert.deepEqual(linesOf(shell, 'sudo find'), []);
    assert.match(shell.outputOf(STATUS), /^ready$/m);
    const { uid } = statSync(join(machine.root, 'var/lib/dodona/node.sqlite'));
    assert.equal(uid, isRoot ? idsOf(machine.root, 'dodona', 'dodona').uid : process.getuid?.());
  });

  it('upgrade the service and go back to what was before', async () => {
    const shell = await runOnMachine([
      besides(
        'umask 077',
        'mkdir ~/dodona',
        'openssl rand -base64 24 > ~/dodona/backup.passphrase',
      ),
      blockWith('sudo mv /opt/dodona '),
      // As if it were installed anew.
      besides('sudo cp -a /opt/dodona.before /opt/dodona', 'sudo systemctl start dodona', STATUS),
      blockWith('sudo mv /opt/dodona.before '),
      besides(STATUS),
    ]);
    assert.match(shell.outputOf('sudo -u dodona dodona restore'), /^moved +what was there is in/m);
    assert.match(shell.outputOf(STATUS), /^ready$/m);
    assert.equal(existsSync(join(machine.root, 'opt/dodona.before')), false);
  });

  it('hand the key to a signer in a service of its own', async () => {
    const signer = written('docs/keys.md', '/signer.sock\n  access', 'signer.yaml');
    const config = written('docs/keys.md', 'signer:\n    socket', 'remote.yaml');
    const shell = await runOnMachine([
      besides(...filesOfReader(config), `cp -p '${signer}' ~/dodona/signer.config.yaml`),
      blockWith('enable --now dodona-signer'),
      besides('sudo journalctl -u dodona-signer -n 20', 'sudo systemctl stop dodona'),
      besides('sudo systemctl stop dodona-signer'),
    ]);
    assert.match(shell.outputOf(STATUS), /^ready$/m);
    assert.deepEqual([...(await machine.systemd.stop())].sort(), [
      ['dodona-signer.service', 0],
      ['dodona.service', 0],
    ]);
  });

  it('have containers run the node, and give a backup back to it', async () => {
    const example = join(projectRoot, 'config', 'compose', 'node.config.example.yaml');
    const config = join(machine.root, 'compose.config.yaml');
    const { gateway } = await gatewayHashes(owner);
    writeFileSync(config, adapted(readFileSync(example, 'utf8'), gateway));
    const start = blockWith('compose.yaml build');
    const restore = blockWith('compose.yaml cp ');
    const as = (when: RegExp, more: string): CommandRule => ({
      when,
      how: { kind: 'run' },
      as: (command) => `${command} && ${more}`,
    });
    const status = 'docker compose -f config/compose/compose.yaml exec dodona dodona status';
    const shell = await runOnMachine(
      [start, besides('ask-machine health'), restore, besides(status, 'ask-machine health')],
      [
        as(/^cp config\/compose/, `cat '${config}' > ~/dodona-compose/node.config.yaml`),
        as(/keys create/, 'ask-machine gateway'),
        { when: /dodona status$/, how: { kind: 'retry', until: 'ready' } },
      ],
    );
    assert.match(shell.outputOf(status), /^ready$/m);
    assert.match(shell.outputOf('ask-machine health'), /^alive$/m);
    const { docker } = machine;
    const { uid } = statSync(container('data', 'node.sqlite'));
    assert.equal(uid, isRoot ? IMAGE_UID : process.getuid?.());
    assert.deepEqual([...(await docker.stop())], [['dodona', 0]]);
  });

  it('have an image with the package of a release, byte for byte, and nothing to install others with', () => {
    const folder = join(machine.docker.stages.get('release') ?? '', 'release');
    const [name = ''] = readdirSync(folder);
    const hash = createHash('sha256').update(readFileSync(join(folder, name)));
    assert.equal(hash.digest('hex'), released);
    assert.deepEqual(readdirSync(container('usr/local/bin')), ['dodona']);
    assert.deepEqual(readdirSync(container('opt')), ['dodona']);
    const packages = readdirSync(container('opt/dodona/node_modules'));
    for (const each of ['mocha', 'tsx', 'typescript']) assert.ok(!packages.includes(each), each);
    assert.equal(statSync(container('data')).mode & 0o777, 0o700);
  });

  it('are all run here', () => {
    assert.deepEqual(
      blocks.filter((block) => !seen.has(block)),
      [],
    );
    assert.match(
      readDocument('docs/operators.md'),
      /Those with `sudo` or\n`docker` run in a folder/,
    );
  });
});
