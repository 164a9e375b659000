import { type Clock, systemClock } from '../../../src/base/clock.js';
import { openDoctorParts } from '../../../src/cli/doctor-parts.js';
import { loadConfigWithOrigins } from '../../../src/config/load-config.js';
import type { NodeConfig } from '../../../src/config/node-config.js';
import { type DoctorParts, openDoctor } from '../../../src/operations/doctor/doctor.js';
import type { HostFacts } from '../../../src/operations/doctor/host/host-facts.js';
import { readHostFacts } from '../../../src/operations/doctor/host/host-facts.js';
import { type CheckResult, runChecks } from '../../../src/operations/doctor/run-checks.js';

/** More than a busy machine needs. */
const LIMIT_MS = 60_000;

export interface DoctorRun {
  readonly results: readonly CheckResult[];
  /** The one result of this name; with a subject, of it. */
  of(name: string, subject?: string): CheckResult['finding'];
  /** Those that are not ok, in a line each. */
  troubles(): string[];
}

/** The doctor over a node's file, in this process; `change` is what differs from the file. */
export async function examine(
  file: string,
  options: {
    readonly change?: (config: NodeConfig) => NodeConfig;
    readonly clock?: Clock;
    readonly host?: Partial<HostFacts>;
    readonly parts?: Partial<DoctorParts>;
    readonly sendsTest?: boolean;
    readonly limitMs?: number;
  } = {},
): Promise<DoctorRun> {
  const { clock = systemClock, change = (config) => config, sendsTest = false } = options;
  const read = loadConfigWithOrigins(file);
  const loaded = { ...read, config: change(read.config) };
  const host = { ...readHostFacts(), ...options.host };
  const { parts, close } = openDoctorParts(loaded, { clock, version: 'test' }, { host, sendsTest });
  const doctor = openDoctor({ ...parts, ...options.parts });
  try {
    return runOf(
      await runChecks(doctor.checks, { clock: systemClock, limitMs: options.limitMs ?? LIMIT_MS }),
    );
  } finally {
    doctor.close();
    close();
  }
}

export function runOf(results: readonly CheckResult[]): DoctorRun {
  return {
    results,
    of(name, subject) {
      const found = results.filter(
        (each) => each.name === name && (subject === undefined || each.subject === subject),
      );
      if (found.length !== 1) throw new Error(`${found.length} results of ${name}`);
      return (found[0] as CheckResult).finding;
    },
    troubles: () =>
      results
        .filter(({ finding }) => finding.status !== 'ok')
        .map(({ name, finding }) => `${finding.status} ${name}`),
  };
}
