import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type DevnetAccount, walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { readHoldings } from '../../src/gasbank/read-holdings.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { commandLine, longestLine } from './command-line.js';

const PASSWORD = 'secret of a test';

describe('gasbank deposit, withdraw, collect and sponsor by a wallet of its own', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let payer: DevnetAccount;
  let signs: string[];
  before(async () => {
    const network = await sharedNetwork();
    [fixture, payer] = await Promise.all([
      nodeFixture(network),
      network.newAccount(parseGas('20')),
    ]);
    const [wallet, password] = ['payer.json', 'payer.password'].map((name) => {
      return join(fixture.folder, name);
    }) as [string, string];
    await writeFile(wallet, await walletFileText([payer], PASSWORD), { mode: 0o600 });
    await writeFile(password, `${PASSWORD}\n`, { mode: 0o600 });
    signs = ['--wallet', wallet, '--password-file', password];
  });
  after(async () => {
    cli.remove();
    await fixture?.stop();
  });

  const run = (...words: string[]) =>
    cli.run('gasbank', ...words, ...signs, '--config', fixture.config.file);
  const runJson = async (...words: string[]) => {
    const { exitCode, out, err } = await run(...words, '--json');
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  const holdings = () => readHoldings(fixture.network.rpc, fixture.gateway, payer.hash);
  const creditOf = (account: `0x${string}`): Promise<Datoshi> =>
    readContract(fixture.network.rpc, gatewayReads(fixture.gateway).creditOf(account));

  it('shows the fee and sends nothing with --dry-run', async () => {
    const before = await holdings();
    const { exitCode, out } = await run('deposit', '5', '--dry-run');
    assert.equal(exitCode, 0);
    assert.match(out, /^order {6}N\w+ deposits 5\.00000000 GAS as credit of itself$/m);
    const fee = /^fee +(0\.\d{8}) GAS \(system fee (0\.\d{8}), network fee (0\.\d{8})\)$/m.exec(
      out,
    );
    const [total = 0n, system = 0n, network = 0n] = (fee ?? []).slice(1).map(parseGas);
    assert.ok(total > 0n);
    assert.equal(total, system + network);
    assert.match(out, /Nothing was sent \(--dry-run\)\.\n$/);
    assert.ok(longestLine(out) <= 100);
    await fixture.network.waitForBlock(before.height + 2);
    assert.deepEqual({ ...(await holdings()), height: 0 }, { ...before, height: 0 });
  });

  it('pays in for the account itself and for another, and says what there is then', async () => {
    const before = await holdings();
    const done = await runJson('deposit', '5');
    const after = await holdings();
    assert.equal(after.credit, before.credit + parseGas('5'));
    assert.equal(before.gas - after.gas, parseGas('5') + BigInt(done.fees.totalDatoshi));
    assert.equal(done.holdings.credit, String(after.credit));
    const { blockIndex } = await fixture.network.applied(done.sent.tx);
    assert.equal(done.sent.block, blockIndex);

    const consumerHad = await creditOf(fixture.consumer);
    const { exitCode, out } = await run('deposit', '0.00000001', '--for', fixture.consumer);
    assert.equal(exitCode, 0);
    assert.equal((await creditOf(fixture.consumer)) - consumerHad, 1n);
    assert.match(
      out,
      /^done {7}in block \d+\. N\w+ has \d+\.\d{8} GAS, 5\.00000000\s+of\s+credit$/m,
    );
  });

  it('takes out a part and all, to the account itself and to another', async () => {
    const other = await fixture.network.newAccount(parseGas('1'));
    await runJson('withdraw', '1.5');
    assert.equal((await holdings()).credit, parseGas('3.5'));
    await runJson('withdraw', 'all', '--to', other.address);
    assert.equal((await holdings()).credit, 0n);
    const { gas } = await readHoldings(fixture.network.rpc, fixture.gateway, other.hash);
    assert.equal(gas, parseGas('4.5'));
  });

  it('sponsors, says what is still to do, and ends it', async () => {
    const sponsorship = () =>
      readContract(
        fixture.network.rpc,
        gatewayReads(fixture.gateway).sponsorshipOf(payer.hash, fixture.consumer),
      );
    const done = await runJson('sponsor', fixture.consumer, '--max-fee', '1', '--allowance', '3');
    assert.deepEqual(await sponsorship(), {
      maxFeePerRequest: parseGas('1'),
      allowance: parseGas('3'),
    });
    const consumer = hash160ToAddress(fixture.consumer);
    assert.deepEqual(done.notes, [
      `it begins once ${consumer} calls acceptSponsor(${payer.address})`,
      'the credit of 0.00000000 GAS is less than the allowance: pay in with deposit',
    ]);
    const ended = await runJson('sponsor', fixture.consumer, '--allowance', '0');
    assert.deepEqual(ended.notes, []);
    assert.deepEqual(await sponsorship(), { maxFeePerRequest: 0n, allowance: 0n });
  });

  it('refuses what would not work, with what there is and what to do, and pays nothing', async () => {
    const before = await holdings();
    const node = fixture.node.address;
    const cases: [string[], RegExp][] = [
      [['withdraw', '1'], /N\w+ has 0\.00000000 GAS of credit, less than 1\.00000000 GAS\nto do/],
      [['withdraw', 'all'], /N\w+ has 0\.00000000 GAS of credit\nto do: withdraw less/],
      [['deposit', '5000'], /has \d+\.\d{8} GAS, less than 5000\.00000000 GAS\nto do: send it GAS/],
      [['collect', 'all'], new RegExp(`has earned nothing here\nto do: .* is ${node}: collect`)],
      [['collect', '1'], /has earned nothing here/],
      [['deposit', '0'], /amount is 0/],
      [['deposit', '1.123456789'], /amount is "1\.123456789"\nto do: .*at most 8 decimals/],
      [['deposit', '1', '--for', 'nobody'], /for is "nobody"\nto do: expected an address/],
      [['deposit', '1', '--for', fixture.gateway], /it would be refused: the credited account is/],
      [['withdraw', '1', '--to', 'N'], /to is "N"/],
      [['sponsor', fixture.consumer, '--allowance', '1'], /--max-fee is 0 or left out/],
      [['sponsor', fixture.gateway, '--allowance', '0'], /refused: requester of sponsor is a/],
      [['deposit', '1', '--account', node], /doesn't have the account/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await run(...words);
      assert.deepEqual([exitCode, out], [1, ''], `${words.join(' ')}: ${err}`);
      assert.match(err, pattern);
    }
    const all = String(parseGas('20'));
    assert.ok(before.gas < BigInt(all));
    const nearly = await run('deposit', gasText(before.gas - 1n));
    assert.match(nearly.err, /of fees are needed\nto do: send it GAS, or move less/);
    assert.equal((await holdings()).gas, before.gas);
  });

  it('takes the password from a descriptor, or as it is typed in', async () => {
    const [, wallet = '', , password = ''] = signs;
    const words = ['gasbank', 'deposit', '0.25', '--wallet', wallet, '--json'];
    const given = [...words, '--config', fixture.config.file];
    const fd = openSync(password, 'r');
    try {
      const { exitCode, err } = await cli.run(...given, '--password-fd', String(fd));
      assert.equal(exitCode, 0, err);
    } finally {
      closeSync(fd);
    }
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    terminal.write(`${PASSWORD}\r`);
    const typed = await cli.runWith(terminal, ...given);
    assert.equal(typed.exitCode, 0, typed.err);
    assert.doesNotMatch(typed.out + typed.err, new RegExp(PASSWORD));
  });

  it('refuses a wrong network, a wrong gateway and half of what belongs together', async () => {
    const { rpcUrl } = fixture.network;
    const file = join(fixture.folder, 'other.yaml');
    const text = (magic: number, gateway: string) =>
      [
        'preset: devnet',
        `network: { magic: ${magic}, rpc: ["${rpcUrl}"], blockTime: 1s }`,
        `gateway: { hash: "${gateway}" }`,
        'wallet: { file: ./payer.json, passwordFile: ./payer.password }',
      ].join('\n');
    const withFile = async (...given: Parameters<typeof text>) => {
      await writeFile(file, text(...given));
      return cli.run('gasbank', 'deposit', '1', '--config', file);
    };
    const other = await withFile(fixture.network.magic + 1, fixture.gateway);
    assert.equal(other.exitCode, 1, other.err);
    assert.match(
      other.err,
      /is of network \d+ instead of \d+\nto do: Correct network\.rpc or network\.magic/,
    );
    const missing = await withFile(fixture.network.magic, `0x${'ab'.repeat(20)}`);
    assert.equal(missing.exitCode, 1);
    assert.match(missing.err, /there is no contract 0xabab/);
    const halves: [string[], RegExp][] = [
      [['--password-file', signs[3] ?? '', '--config', file], /a password goes with --wallet/],
      [['--password-fd', '3', '--config', file], /a password goes with --wallet/],
      [[...signs, '--password-fd', '3', '--config', file], /a password has one source/],
      [['--rpc', rpcUrl], /--rpc and --gateway go together/],
      [['--rpc', rpcUrl, '--gateway', fixture.gateway], /--rpc goes with --wallet/],
      [['--rpc', 'ftp://x', '--gateway', fixture.gateway], /--rpc is no URL/],
      [['--rpc', rpcUrl, '--gateway', 'x'], /--gateway is no contract hash/],
    ];
    for (const [words, pattern] of halves) {
      const { exitCode, err } = await cli.run('gasbank', 'deposit', '1', ...words);
      assert.equal(exitCode, 1);
      assert.match(err, pattern);
    }
  });

  it('needs no configuration of a node: endpoint and gateway will do', async () => {
    const chain = ['--rpc', fixture.network.rpcUrl, '--gateway', fixture.gateway];
    const before = await holdings();
    const { exitCode, out } = await cli.run(
      'gasbank',
      'deposit',
      '0.5',
      ...signs,
      ...chain,
      '--json',
    );
    assert.equal(exitCode, 0, out);
    assert.equal((await holdings()).credit, before.credit + parseGas('0.5'));
  });

  it('ends with 75 when no endpoint can be reached', async () => {
    const chain = ['--rpc', 'http://127.0.0.1:9', '--gateway', fixture.gateway];
    const { exitCode, out } = await cli.run(
      'gasbank',
      'deposit',
      '1',
      ...signs,
      ...chain,
      '--json',
    );
    assert.equal(exitCode, 75, out);
    assert.equal(JSON.parse(out).error.retryable, true);
  });
});

const gasText = (amount: Datoshi): string => {
  const digits = String(amount).padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
};
