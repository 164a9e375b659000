/**
 * Units of execution (times ExecFeeFactor: datoshi) of what contracts do, as neo-project/neo prices
 * system calls and natives. What opcodes between them cost is measured on neo-go; see
 * test/simulator.
 */
export const Price = {
  contractCall: 1 << 15,
  /** The call of a native method, beside its own price. */
  nativeCall: 1 << 15,
  storageRead: 1 << 15,
  storageWrite: 1 << 15,
  notify: 1 << 15,
  checkWitness: 1 << 10,
  runtimeRead: 1 << 4,
  scriptContainer: 1 << 3,
  serialize: 1 << 12,
  deserialize: 1 << 14,
  sha256: 1 << 15,
  ledgerIndex: 1 << 15,
  contractLookup: 1 << 15,
  policyRead: 1 << 15,
  random: 1 << 13,
  /** Of a token: a transfer, and a balance that is read. */
  transfer: 1 << 17,
  balanceRead: 1 << 15,
  /** To verify a proof of a random number: two points, a multiplication, an addition, a pairing. */
  proof: 4 * (1 << 19) + (1 << 19) + (1 << 21) + (1 << 23) + (1 << 5) + 6 * (1 << 15) + (1 << 15),
} as const;

/**
 * Units of the gateway's own opcodes where they are worth the mention, by what test/simulator
 * measured beside neo-go: all in all the figures are some percent from the real ones.
 */
export const GAS_UNITS = {
  /** A value that is made one of another type, as what comes in or out of storage is. */
  convert: 8_192,
  /** Any method: what the compiler puts before it. */
  method: 2_500,
  /** Of the policy: one of the amounts by kind. */
  kindAmount: 11_500,
  /** Of a trigger: to take it apart. */
  trigger: 130_000,
  cron: 400_000,
  /** Of a random request: to make its seed, and to take a proof's points apart. */
  seed: 100_000,
  proof: 236_000,
  /** Of an answer to a pending request, and of its charge. */
  answered: 20_000,
  charged: 15_000,
  /** Of a callback that returned: the way there and back. */
  callback: 8_000,
  /** Of an upkeep's target, the same. */
  target: 90_000,
  /** Of a list: what surrounds one of its items. */
  idList: 10_000,
  idItem: 1_800,
  responseItem: 3_000,
  runItem: 3_000,
  roundItem: 3_000,
} as const;
