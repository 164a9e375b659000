import assert from 'node:assert/strict';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { createMultisigSigner } from '../../src/chain/signer.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { refused, refuses } from './refusals.js';
import { answer, askedBy, idsOf, responsesIn } from './requests.js';

const NO_NODE = "the node account's witness is missing";
const DAY_OF_BLOCKS = 864_000;

describe('the node account', () => {
  let world: GatewayWorld<'user' | 'b' | 'c' | 'd'>;
  beforeEach(async () => {
    world = await gatewayWorld({ accounts: ['user', 'b', 'c', 'd'] });
  });
  afterEach(async () => {
    await assertBooks(world, [multisig.hash]);
    world.network.disconnect();
  });

  const propose = (account: Hash160) => world.calls.proposeNodeAccount(account);
  const accept = (blocks = 0) => world.calls.acceptNodeAccount(blocks);
  /** The owner makes another account the node account. */
  const replace = async (next: DevnetAccount, overlapBlocks = 0) => {
    await world.run(world.owner, propose(next.hash));
    return world.run(next, accept(overlapBlocks));
  };
  const nodeAccount = () => readContract(world.network.rpc, world.reads.nodeAccount());
  const overlap = () => readContract(world.network.rpc, world.reads.overlap());
  const mayAnswer = async (account: DevnetAccount) => {
    const { state } = await world.network.trial(account, world.calls.respond([]));
    return state === 'HALT';
  };
  const refusesFrom = (sender: DevnetAccount, script: Buffer, refusal: string) =>
    refuses(world.network, sender, script, refusal);

  it('is replaced in two steps, and the one before answers until the overlap ends', async () => {
    const { node, owner, accounts } = world;
    const { b, user } = accounts;
    const proposed = await world.run(owner, propose(b.hash));
    assert.deepEqual(eventsOf(world, proposed), [
      { name: 'NodeAccountProposed', account: b.hash, byOwner: true },
    ]);
    assert.equal(await nodeAccount(), node.hash);
    assert.equal(await mayAnswer(b), false);
    const ids = await idsOf(world, [askedBy(world, user), askedBy(world, user)]);
    const accepted = await world.run(b, accept(1000));
    const overlapUntil = accepted.blockIndex + 1000;
    assert.deepEqual(eventsOf(world, accepted), [
      { name: 'NodeAccountChanged', before: node.hash, account: b.hash, overlapUntil },
    ]);
    assert.equal(await nodeAccount(), b.hash);
    assert.deepEqual(await overlap(), { account: node.hash, until: overlapUntil });
    const [old, young] = await world.runAll([
      [node, world.calls.respond([answer(ids[0] ?? 0n)])],
      [b, world.calls.respond([answer(ids[1] ?? 0n)])],
    ]);
    assert.ok(old && young);
    for (const [applied, account] of [
      [old, node],
      [young, b],
    ] as const) {
      const [response] = responsesIn(world, applied);
      assert.equal((await balanceOf(world, account.hash)).earned, response?.fee);
    }
    const count = await readContract(world.network.rpc, world.reads.pendingCount());
    assert.equal(count, 0);
    const { earned } = await balanceOf(world, node.hash);
    await world.run(node, world.calls.collect(node.hash, user.hash, earned));
  });

  it('has an overlap whose last block counts, and no later one', async () => {
    const { node, accounts } = world;
    const pair: [DevnetAccount, DevnetAccount] = [node, accounts.b];
    await holdsUntil('the account before may answer', async () => {
      const [before, next] = pair;
      const { blockIndex } = await replace(next, 4);
      pair.reverse();
      assert.equal((await overlap())?.until, blockIndex + 4);
      const look = async (): Promise<{ index: number; holds: boolean }> => {
        // What faults would tell no index: so look, and ask whether it may be trusted.
        const { index } = await inNextBlock(world, world.owner, Buffer.alloc(0));
        const holds = await mayAnswer(before);
        const again = await inNextBlock(world, world.owner, Buffer.alloc(0));
        return index === again.index ? { index, holds } : look();
      };
      return { last: blockIndex + 4, look };
    });
    assert.equal(await overlap(), null);
  });

  it('has no overlap when none is asked for, or nobody was before', async () => {
    const { node, accounts, owner } = world;
    const applied = await replace(accounts.b);
    const [event] = eventsOf(world, applied);
    assert.ok(event?.name === 'NodeAccountChanged' && event.overlapUntil === 0);
    assert.equal(await overlap(), null);
    await refusesFrom(node, world.calls.respond([]), NO_NODE);
    await world.run(owner, world.call('revokeNodeAccount'));
    const revived = await replace(accounts.c, 1000);
    const changed = { before: null, account: accounts.c.hash, overlapUntil: 0 };
    assert.deepEqual(eventsOf(world, revived), [{ name: 'NodeAccountChanged', ...changed }]);
    assert.equal(await overlap(), null);
  });

  it('may propose its successor, and change its mind', async () => {
    const { node, accounts } = world;
    const { b, c } = accounts;
    const [first] = eventsOf(world, await world.run(node, propose(b.hash)));
    assert.deepEqual(first, { name: 'NodeAccountProposed', account: b.hash, byOwner: false });
    await world.run(node, propose(c.hash));
    await refusesFrom(b, accept(), 'only the proposed account may accept');
    await world.run(c, accept(1000));
    assert.deepEqual((await overlap())?.account, node.hash);
  });

  it('is proposed by nobody else, not even by the account in overlap', async () => {
    const { node, accounts } = world;
    const refusal = 'only the owner or the node account may propose a node account';
    await refusesFrom(accounts.user, propose(accounts.b.hash), refusal);
    await replace(accounts.b, 1000);
    await refusesFrom(node, propose(accounts.c.hash), refusal);
    const systemFee = parseGas('0.5');
    refused(await world.attempt(node, propose(accounts.c.hash), { systemFee }), refusal);
    await world.run(world.owner, world.call('revokeNodeAccount'));
    await refusesFrom(accounts.b, propose(accounts.b.hash), refusal);
  });

  it('may propose nobody while an overlap is open; the owner may, which ends it', async () => {
    const { node, owner, accounts } = world;
    const { b, c } = accounts;
    await replace(b, 1000);
    const refusal = 'while an overlap is open only the owner may propose a node account';
    await refusesFrom(b, propose(c.hash), refusal);
    assert.ok(await mayAnswer(node));
    await world.run(owner, propose(c.hash));
    assert.equal(await overlap(), null);
    await refusesFrom(node, world.calls.respond([]), NO_NODE);
    assert.ok(await mayAnswer(b));
    await world.run(c, accept(1000));
    assert.deepEqual((await overlap())?.account, b.hash);
    await refusesFrom(node, world.calls.respond([]), NO_NODE);
  });

  it("may not put its proposal in the place of the owner's", async () => {
    const { node, owner, accounts } = world;
    await world.run(owner, propose(accounts.b.hash));
    const refusal = "the owner's proposal is open: only the owner may replace it";
    await refusesFrom(node, propose(accounts.c.hash), refusal);
    await world.run(owner, propose(accounts.d.hash));
    await refusesFrom(accounts.b, accept(), 'only the proposed account may accept');
    await world.run(accounts.d, accept());
    // Once it is accepted, the place is free.
    await world.run(accounts.d, propose(accounts.c.hash));
  });

  it('is not proposed to itself', () =>
    refusesFrom(
      world.owner,
      propose(world.node.hash),
      'the proposed account is the node account already',
    ));

  it('is accepted only by who is proposed, and once', async () => {
    const { owner, accounts } = world;
    await refusesFrom(accounts.b, accept(), 'no node account is proposed');
    await world.run(owner, propose(accounts.b.hash));
    const refusal = 'only the proposed account may accept';
    await refusesFrom(accounts.c, accept(), refusal);
    await refusesFrom(owner, accept(), refusal);
    await refuses(world.network, accounts.b, accept(), refusal, { scope: 'None' });
    await world.run(accounts.b, accept());
    await refusesFrom(accounts.b, accept(), 'no node account is proposed');
  });

  it('has an overlap of a day of blocks at most', async () => {
    const { owner, accounts } = world;
    await world.run(owner, propose(accounts.b.hash));
    const refusal = 'overlapBlocks is more than a day of blocks';
    await refusesFrom(accounts.b, accept(DAY_OF_BLOCKS + 1), refusal);
    await world.run(accounts.b, accept(DAY_OF_BLOCKS));
  });

  describe('when it is revoked', () => {
    it('answers no more, nor does the one in overlap, and what was proposed is void', async () => {
      const { node, owner, accounts, calls } = world;
      const { b, c, user } = accounts;
      await replace(b, 1000);
      const [id = 0n] = await idsOf(world, [askedBy(world, user)]);
      const applied = await world.run(owner, world.call('revokeNodeAccount'));
      assert.deepEqual(eventsOf(world, applied), [{ name: 'NodeAccountRevoked', account: b.hash }]);
      assert.deepEqual([await nodeAccount(), await overlap()], [null, null]);
      for (const account of [node, b]) {
        await refusesFrom(account, calls.respond([answer(id)]), NO_NODE);
      }
      await world.run(owner, propose(c.hash));
      const none = await world.run(owner, world.call('revokeNodeAccount'));
      assert.deepEqual(eventsOf(world, none), [{ name: 'NodeAccountRevoked', account: null }]);
      await refusesFrom(c, accept(), 'no node account is proposed');
      await replace(c);
      const [response] = responsesIn(world, await world.run(c, calls.respond([answer(id)])));
      assert.equal(response?.id, id);
    });

    it('keeps what it earned', async () => {
      const { node, owner, accounts, calls } = world;
      const [id = 0n] = await idsOf(world, [askedBy(world, accounts.user)]);
      await world.run(node, calls.respond([answer(id)]));
      const { earned } = await balanceOf(world, node.hash);
      await world.run(owner, world.call('revokeNodeAccount'));
      await world.run(node, calls.collect(node.hash, node.hash, earned));
    });

    it('was so by the owner, and nobody else', async () => {
      const refusal = "the owner's witness is missing";
      for (const account of [world.node, world.accounts.user]) {
        await refusesFrom(account, world.call('revokeNodeAccount'), refusal);
      }
    });
  });

  const members = [createAccount(), createAccount(), createAccount()];
  const keys = members.map(({ signer }) => signer.publicKey);
  const quorum = createMultisigSigner(
    2,
    keys,
    members.slice(1).map(({ signer }) => signer),
  );
  const multisig: DevnetAccount = {
    hash: quorum.account,
    address: hash160ToAddress(quorum.account),
    wif: '',
    signer: quorum,
  };

  it('may be a quorum: 2 of 3 keys answer', async () => {
    await world.network.fund(multisig.hash, parseGas('10'));
    await replace(multisig);
    const [id = 0n] = await idsOf(world, [askedBy(world, world.accounts.user)]);
    const applied = await world.run(multisig, world.calls.respond([answer(id)]));
    const [response] = responsesIn(world, applied);
    assert.equal(response?.fee, applied.systemFee + applied.networkFee);
    const [member] = members;
    assert.ok(member);
    await refusesFrom(member, world.calls.respond([]), NO_NODE);
  });
});
