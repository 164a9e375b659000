import type { Datoshi } from '../../../src/base/datoshi.js';
import { type Hash160, hashFromLittleEndian } from '../../../src/base/hash.js';
import {
  CONTRACT_MANAGEMENT,
  GAS_TOKEN,
  LEDGER_CONTRACT,
  POLICY_CONTRACT,
} from '../../../src/chain/native-contracts.js';
import { Price } from './gas-prices.js';
import type { CallContext, Contract, Method } from './machine.js';
import type { SimulatedPolicy } from './simulated-chain.js';
import type { StateStore } from './state-store.js';
import { VmFault } from './vm-fault.js';
import { type Item, type ItemLike, item, toBytes, toInteger } from './vm-item.js';

/* The native contracts, as far as the node, the gateway and consumers ask them. */

const SUPPLY = `${GAS_TOKEN}/supply`;
const gasKey = (account: Hash160): string => `${GAS_TOKEN}/${account}`;

export const gasOf = (state: StateStore, account: Hash160): Datoshi =>
  (state.get(gasKey(account)) as Datoshi | undefined) ?? 0n;

/** Makes GAS out of nothing, or burns it where the amount is negative. */
export function mintGas(state: StateStore, account: Hash160, amount: Datoshi): void {
  state.set(gasKey(account), gasOf(state, account) + amount);
  state.set(SUPPLY, supplyOf(state) + amount);
}

const supplyOf = (state: StateStore): Datoshi => (state.get(SUPPLY) as Datoshi | undefined) ?? 0n;

const HASH_BYTES = 20;

function accountOf(value: Item): Hash160 {
  const bytes = toBytes(value);
  if (bytes.length !== HASH_BYTES) throw new VmFault('not a Hash160');
  return hashFromLittleEndian(bytes);
}

/** What a transfer pays for in storage, whatever it writes. */
const TRANSFER_BYTES = 50n;

type Run = (c: CallContext, args: readonly Item[]) => ItemLike | undefined;

const method = (units: number, safe: boolean, parameters: number, run: Run): Method => ({
  parameters,
  safe,
  run: (c, args) => {
    c.execution.use(units);
    return run(c, args);
  },
});

function transfer(
  c: CallContext,
  [from = null, to = null, howMuch = null, data = null]: readonly Item[],
) {
  c.execution.burn(TRANSFER_BYTES * c.world.storagePrice);
  const [payer, receiver] = [accountOf(from), accountOf(to)];
  const amount = toInteger(howMuch);
  if (amount < 0n) throw new VmFault('negative amount');
  if (c.frame.caller?.script !== payer && !c.checkWitness(payer)) return false;
  const { state } = c.world;
  if (gasOf(state, payer) < amount) return false;
  state.set(gasKey(payer), gasOf(state, payer) - amount);
  state.set(gasKey(receiver), gasOf(state, receiver) + amount);
  c.execution.notifications.push({
    contract: GAS_TOKEN,
    name: 'Transfer',
    state: [item(payer), item(receiver), amount],
  });
  if (c.world.contractOf(receiver) !== null) {
    c.execution.enter(c.frame, receiver, 'onNEP17Payment', [item(payer), amount, data], 0x0f);
  }
  return true;
}

export const gasToken: Contract = {
  hash: GAS_TOKEN,
  methods: new Map([
    ['transfer/4', method(Price.transfer, false, 4, transfer)],
    [
      'balanceOf/1',
      method(Price.balanceRead, true, 1, (c, [who = null]) => gasOf(c.world.state, accountOf(who))),
    ],
    ['totalSupply/0', method(Price.balanceRead, true, 0, (c) => supplyOf(c.world.state))],
    ['decimals/0', method(0, true, 0, () => 8n)],
    ['symbol/0', method(0, true, 0, () => Buffer.from('GAS'))],
  ]),
};

export const ledger: Contract = {
  hash: LEDGER_CONTRACT,
  methods: new Map([
    ['currentIndex/0', method(Price.ledgerIndex, true, 0, (c) => c.world.currentIndex)],
  ]),
};

/** The exact factor is told in 1e-4 datoshi (hardfork Faun). */
const PICO = 10_000n;

export function policyContract(policy: () => SimulatedPolicy): Contract {
  const read = (value: (now: SimulatedPolicy) => bigint | number): Method =>
    method(Price.policyRead, true, 0, () => value(policy()));
  return {
    hash: POLICY_CONTRACT,
    methods: new Map([
      ['getFeePerByte/0', read(({ feePerByte }) => feePerByte)],
      ['getExecFeeFactor/0', read(({ execFeeFactor }) => execFeeFactor)],
      ['getExecPicoFeeFactor/0', read(({ execFeeFactor }) => execFeeFactor * PICO)],
      ['getStoragePrice/0', read(({ storagePrice }) => storagePrice)],
      ['getMillisecondsPerBlock/0', read(({ msPerBlock }) => msPerBlock)],
      [
        'getMaxValidUntilBlockIncrement/0',
        read(({ maxValidUntilBlockIncrement }) => maxValidUntilBlockIncrement),
      ],
    ]),
  };
}

/** Keys under which the contracts that were destroyed are marked. */
export const destroyedKey = (contract: Hash160): string =>
  `${CONTRACT_MANAGEMENT}/destroyed/${contract}`;

export const management: Contract = {
  hash: CONTRACT_MANAGEMENT,
  methods: new Map([
    [
      'hasMethod/3',
      method(Price.contractLookup, true, 3, (c, [who = null, name = null, parameters = null]) => {
        const key = `${toBytes(name).toString()}/${toInteger(parameters)}`;
        return c.world.contractOf(accountOf(who))?.methods.has(key) ?? false;
      }),
    ],
    [
      'isContract/1',
      method(
        Price.contractLookup,
        true,
        1,
        (c, [who = null]) => c.world.contractOf(accountOf(who)) !== null,
      ),
    ],
    [
      'destroy/0',
      method(Price.contractLookup, false, 0, (c) => {
        const target = c.frame.caller?.script ?? c.self;
        c.world.state.set(destroyedKey(target), true);
        c.execution.notifications.push({
          contract: CONTRACT_MANAGEMENT,
          name: 'Destroy',
          state: [item(target)],
        });
        return undefined;
      }),
    ],
  ]),
};
