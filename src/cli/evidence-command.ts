import { Command } from 'commander';
import { parseRequestId } from '../api/request-query.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { EvidenceTotal } from '../evidence/evidence-store.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { evidenceSecretCommand } from './evidence-secret-command.js';
import { durationText, timeText } from './human-time.js';
import { withBooks } from './open-books.js';
import { requireRecordedBundle, writeBundle } from './open-bundle.js';
import { labelled } from './text-table.js';

const EXPORT_HELP = `
Writes the bundle of a request as JSON: the request, its block, every fetch of the last try with
what came back, limits, code, result and reason, and the transaction of the answer. Secrets are not
in it. \`dodona verify --bundle FILE\` works with it on any machine.

Tell those who shall verify it the hash, which is printed, by another way than the file.

Examples:
  dodona evidence export 12 --out request-12.json
  dodona evidence export 12 | jq .bundle.fetches
${EXIT_CODE_HELP}`;

const STATUS_HELP = `
Examples:
  dodona evidence status
${EXIT_CODE_HELP}`;

interface ExportOptions extends CommonOptions {
  readonly out?: string;
}

export function evidenceCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return new Command('evidence')
    .description('what answers came from, to be verified by anyone')
    .addCommand(exportCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(evidenceSecretCommand(context, setExitCode))
    .addHelpText('after', '\nSee `dodona evidence export --help` and `dodona verify --help`.');
}

function exportCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('export'))
    .argument('<id>', 'decimal id of a request that this node answered')
    .option('--out <file>', 'a new file to write to (default: standard output)')
    .description('write the bundle of an answered request to a file')
    .addHelpText('after', EXPORT_HELP)
    .action(async (text: string, { out, config, json }: ExportOptions) => {
      const id = parseRequestId(text);
      const { file, hash } = await requireRecordedBundle(loadConfig(config), id);
      const { writeBundleFile } = await import('../evidence/bundle-file.js');
      const content = writeBundleFile(file, file.answeredIn);
      if (out === undefined) return context.print(content.trimEnd());
      writeBundle(out, content);
      if (json === true) context.print(JSON.stringify({ ok: true, file: out, hash }));
      else context.print(`${out}: the evidence of request ${id}, sha256 ${hash}`);
    });
}

function statusCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('status'))
    .description('how much evidence is kept, since when, and by which rules')
    .addHelpText('after', STATUS_HELP)
    .action(async (options: CommonOptions) => {
      const config = loadConfig(options.config);
      const { createEvidenceStore } = await import('../evidence/evidence-store.js');
      const total = await withBooks(config, (db) => createEvidenceStore(db).total());
      const { evidence } = config;
      if (options.json === true) {
        context.print(JSON.stringify({ ok: true, ...total, rules: evidence }));
      } else context.print(statusText(total, evidence));
    });
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

export function statusText(total: EvidenceTotal, rules: NodeConfig['evidence']): string {
  const noun = total.bundles === 1 ? 'bundle' : 'bundles';
  const since = total.oldestMs === null ? '' : `, the oldest of ${timeText(total.oldestMs)} UTC`;
  const bodies =
    rules.bodies === 'hash'
      ? 'only hashed (evidence.bodies)'
      : `kept up to ${mebibytes(rules.maxBodyBytes)} each (evidence.maxBody)`;
  const until = `${durationText(rules.maxAgeMs)} (evidence.maxAge)`;
  return [
    `${total.bundles} ${noun}, ${mebibytes(total.bytes)}${since}`,
    labelled('new ones', rules.keep ? 'are kept' : 'are not kept (evidence.keep)'),
    labelled('bodies', bodies),
    labelled('dropped', `after ${until}, or above ${mebibytes(rules.maxTotalBytes)} in all`),
  ].join('\n');
}
