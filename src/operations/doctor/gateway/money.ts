import type { Clock } from '../../../base/clock.js';
import { type Datoshi, formatGas } from '../../../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../../../base/hash.js';
import { contractRead, readContract, readTogether } from '../../../chain/contract-read.js';
import { gatewayReads } from '../../../chain/gateway-reads.js';
import { GAS_TOKEN } from '../../../chain/native-contracts.js';
import { asInteger } from '../../../chain/stack-item-values.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { earnedOf, walletOf } from '../../../gasbank/accounts.js';
import { forecast } from '../../../gasbank/forecast.js';
import { createLedgerStore } from '../../../gasbank/ledger-store.js';
import { createRecentFlow } from '../../../gasbank/recent-flow-store.js';
import type { Database } from '../../../storage/database.js';
import { type Check, check, type Finding, fail, given, ok, skipped, warning } from '../finding.js';
import { type FindAccount, type GatewayView, NO_ACCOUNT } from './gateway-view.js';

const DAY_MS = 86_400_000;
const HOURS_A_DAY = 24;
/** Time to notice a warning over a long weekend, and to send GAS. */
const LEAST_DAYS = 7;

/** What is in the wallet of the account that signs, against what the configuration wants there. */
export const balanceCheck = (
  view: GatewayView,
  findAccount: FindAccount,
  { gasbank }: Pick<NodeConfig, 'gasbank'>,
): Check =>
  check('wallet.balance', (signal) =>
    given(accountAt(view, findAccount), NO_ACCOUNT, async (account) => {
      const read = contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger);
      const balance = await readContract(view.rpc, read, { signal });
      const { walletFloorDatoshi: floor, walletWarningDatoshi: low } = gasbank;
      const fix = `Send GAS to ${hash160ToAddress(account)}.`;
      if (balance <= floor) {
        const expected = `more than gasbank.walletFloor, ${gas(floor)}`;
        return fail({ expected, found: `${gas(balance)}: nothing can be sent`, fix });
      }
      if (balance < low) {
        const expected = `at least gasbank.walletWarning, ${gas(low)}`;
        return warning({ expected, found: gas(balance), fix });
      }
      return ok(gas(balance));
    }),
  );

/** How long the money lasts if the next days are as the last one was, by the node's books. */
export const runwayCheck = (
  db: Database | null,
  findAccount: FindAccount,
  { gasbank }: Pick<NodeConfig, 'gasbank'>,
  clock: Clock,
): Check =>
  check('wallet.runway', () =>
    given(findAccount(), NO_ACCOUNT, (account) => runwayOf(db, account, gasbank, clock)),
  );

function runwayOf(
  db: Database | null,
  account: Hash160,
  gasbank: NodeConfig['gasbank'],
  clock: Clock,
): Finding {
  if (db === null) return skipped('no node has worked here: there are no books to tell by');
  const nowMs = clock.nowMs();
  const flow = createRecentFlow(db, account)(nowMs - DAY_MS, nowMs);
  const ledger = createLedgerStore(db);
  const told =
    flow &&
    forecast({
      wallet: ledger.balance(walletOf(account)).available,
      earned: ledger.balance(earnedOf(account)).posted,
      floor: gasbank.walletFloorDatoshi,
      spent: flow.spent,
      result: flow.charged - flow.spent,
      periodMs: flow.periodMs,
    });
  if (told === null) return skipped('the books tell of less than an hour');
  if (told.hoursLeftCollecting === null) return ok('what is charged pays for everything');
  const days = Math.floor(told.hoursLeftCollecting / HOURS_A_DAY);
  if (days >= LEAST_DAYS) return ok(`${days} days, as the last one was`);
  return warning({
    expected: `${LEAST_DAYS} days or more, as the last one was`,
    found: `${days} days, with the earnings collected`,
    fix: `Send GAS to ${hash160ToAddress(account)}; see dodona gasbank forecast for what it costs.`,
  });
}

/** What the account has at the gateway; a canary's requests are paid from its credit. */
export const creditCheck = (
  view: GatewayView,
  findAccount: FindAccount,
  { gateway, canary }: Pick<NodeConfig, 'gateway' | 'canary'>,
): Check =>
  check('wallet.credit', (signal) =>
    given(accountAt(view, findAccount), NO_ACCOUNT, async (account) => {
      const reads = gatewayReads(gateway.hash);
      const figures = [reads.creditOf(account), reads.earnedOf(account)] as const;
      const { values } = await readTogether(view.rpc, figures, { signal });
      const [credit, earned] = values;
      const found = `${gas(credit)} of credit, ${gas(earned)} earned and not collected`;
      if (canary === null || credit >= canary.maxFee) return ok(found);
      return warning({
        expected: `credit of canary.maxFee at least, ${gas(canary.maxFee)}`,
        found,
        fix: 'run: dodona gasbank deposit',
      });
    }),
  );

/** The account, where gateway and wallet were read. */
async function accountAt(view: GatewayView, findAccount: FindAccount): Promise<Hash160> {
  await view.facts();
  return findAccount();
}

const gas = (amount: Datoshi): string => `${formatGas(amount)} GAS`;
