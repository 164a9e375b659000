import { SCHEMA_1_SPINE } from './schema/schema-1-spine.js';
import { SCHEMA_2_KINDS } from './schema/schema-2-kinds.js';
import { SCHEMA_3_GASBANK } from './schema/schema-3-gasbank.js';
import { SCHEMA_4_VAULT } from './schema/schema-4-vault.js';
import { SCHEMA_5_EVIDENCE } from './schema/schema-5-evidence.js';
import { SCHEMA_6_UPKEEP_LOCKS } from './schema/schema-6-upkeep-locks.js';
import { SCHEMA_7_PRICES } from './schema/schema-7-prices.js';
import { SCHEMA_8_AUTOMATION } from './schema/schema-8-automation.js';
import { SCHEMA_9_UPKEEP_WATCH } from './schema/schema-9-upkeep-watch.js';
import { SCHEMA_10_ROUND_CHARGES } from './schema/schema-10-round-charges.js';
import { SCHEMA_11_CONSOLE } from './schema/schema-11-console.js';
import { SCHEMA_12_CANCELLED_RUNS } from './schema/schema-12-cancelled-runs.js';
import { SCHEMA_13_ALERTS } from './schema/schema-13-alerts.js';
import { SCHEMA_14_API } from './schema/schema-14-api.js';
import { SCHEMA_15_ENDED } from './schema/schema-15-ended.js';
import { SCHEMA_16_LOST_RUNS } from './schema/schema-16-lost-runs.js';
import { SCHEMA_17_TURNS } from './schema/schema-17-turns.js';
import { SCHEMA_18_CONDITIONS } from './schema/schema-18-conditions.js';

/**
 * The schema, one entry a version; an entry that has been released is never changed.
 * Ids, amounts (datoshi) and heights are INTEGER below 2^63; hashes are TEXT in displayed form.
 */
export const MIGRATIONS: readonly string[] = [
  SCHEMA_1_SPINE,
  SCHEMA_2_KINDS,
  SCHEMA_3_GASBANK,
  SCHEMA_4_VAULT,
  SCHEMA_5_EVIDENCE,
  SCHEMA_6_UPKEEP_LOCKS,
  SCHEMA_7_PRICES,
  SCHEMA_8_AUTOMATION,
  SCHEMA_9_UPKEEP_WATCH,
  SCHEMA_10_ROUND_CHARGES,
  SCHEMA_11_CONSOLE,
  SCHEMA_12_CANCELLED_RUNS,
  SCHEMA_13_ALERTS,
  SCHEMA_14_API,
  SCHEMA_15_ENDED,
  SCHEMA_16_LOST_RUNS,
  SCHEMA_17_TURNS,
  SCHEMA_18_CONDITIONS,
];
export const LATEST_SCHEMA = MIGRATIONS.length;
