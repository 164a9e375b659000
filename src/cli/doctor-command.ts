import { Command } from 'commander';
import { loadConfigWithOrigins } from '../config/load-config.js';
import { brokenConfigChecks } from '../operations/doctor/config-checks.js';
import type { Check } from '../operations/doctor/finding.js';
import { type HostFacts, readHostFacts } from '../operations/doctor/host/host-facts.js';
import { nodeVersionCheck } from '../operations/doctor/host/node-version.js';
import { type CheckResult, runChecks, verdictOf } from '../operations/doctor/run-checks.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { doctorJson, doctorText } from './doctor-text.js';
import { ExitCode } from './exit-code.js';

const HELP = `
Looks at everything that a node needs: configuration and files, this machine, each RPC endpoint,
the gateway, the wallet, keys and secrets, API, alerts. Each check is ok, a warning, FAIL or
skipped, and what is not ok says what was expected, what was found and how to fix it. It signs
nothing, sends nothing and shows nothing secret; it asks the configured endpoints only. It may run
before a node goes live, and beside one that runs.

Examples:
  dodona doctor --config node.config.yaml
  dodona doctor --json
  dodona doctor --send-test     sends a test message by every way that alerts: names

It is done (0) when nothing fails. What may pass by itself alone ends with 75.
${EXIT_CODE_HELP}`;

/** Most that one check may take; all run beside each other. */
export const CHECK_LIMIT_MS = 60_000;

const VERDICT_CODES = {
  sound: ExitCode.done,
  mend: ExitCode.fixIt,
  later: ExitCode.tryLater,
} as const;

interface DoctorOptions extends CommonOptions {
  readonly sendTest?: boolean;
}

export function doctorCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return withCommonOptions(new Command('doctor'))
    .option('--send-test', 'send a test message by every way that alerts: names')
    .description('check host, endpoints, gateway and keys, and say how to fix what is wrong')
    .addHelpText('after', HELP)
    .action(async (options: DoctorOptions) => {
      const results = await examine(context, options, readHostFacts());
      const exitCode = VERDICT_CODES[verdictOf(results)];
      context.print(
        options.json === true ? doctorJson(results, exitCode) : doctorText(results, exitCode),
      );
      setExitCode(exitCode);
    });
}

async function examine(
  context: CommandContext,
  options: DoctorOptions,
  host: HostFacts,
): Promise<CheckResult[]> {
  const { clock } = context;
  const run = (checks: readonly Check[]) => runChecks(checks, { clock, limitMs: CHECK_LIMIT_MS });
  let loaded: ReturnType<typeof loadConfigWithOrigins>;
  try {
    loaded = loadConfigWithOrigins(options.config);
  } catch (error) {
    const results = await run([...brokenConfigChecks(error), nodeVersionCheck(host)]);
    const why = 'they need a configuration that is valid';
    const finding = { status: 'skipped', why } as const;
    return [...results, { name: 'all other checks', subject: null, finding }];
  }
  const { openDoctor } = await import('../operations/doctor/doctor.js');
  const { openDoctorParts } = await import('./doctor-parts.js');
  const sendsTest = options.sendTest === true;
  const { parts, close } = openDoctorParts(loaded, context, { host, sendsTest });
  const doctor = openDoctor(parts);
  try {
    return await run(doctor.checks);
  } finally {
    doctor.close();
    close();
  }
}
