import { Command } from 'commander';
import { stringify } from 'yaml';
import { jsonText } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { canaryPerDay } from '../config/canary-config.js';
import { checkConfigFiles } from '../config/check-files.js';
import { placeText } from '../config/config-problem.js';
import type { Setting } from '../config/effective-settings.js';
import { type LoadedConfig, loadConfigWithOrigins } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';

const VALIDATE_HELP = `
Checks the file and the files that it names, and reports every mistake with its place in the file,
what was expected and what to do. Asks nobody over the network.

Examples:
  dodona config validate --config node.config.yaml
  dodona config validate --skip-files     when wallet and storage are on another machine
${EXIT_CODE_HELP}`;

const SHOW_HELP = `
Prints every value in effect and where it comes from: this file, its preset, or the default.
Keys are explained in node.config.example.yaml.
${EXIT_CODE_HELP}`;

interface ValidateOptions extends CommonOptions {
  readonly skipFiles?: boolean;
}

export function configCommand(context: CommandContext): Command {
  const validate = withCommonOptions(new Command('validate'))
    .description('check a configuration file and the files that it names')
    .option('--skip-files', 'do not look at the files that it names')
    .addHelpText('after', VALIDATE_HELP)
    .action((options: ValidateOptions) => {
      const loaded = loadConfigWithOrigins(options.config);
      if (options.skipFiles !== true) checkConfigFiles(loaded);
      const { file, preset, canary } = loaded.config;
      const cost = canary === null ? null : canaryPerDay(canary);
      if (options.json === true) {
        context.print(jsonText({ ok: true, file, preset, canaryPerDay: cost }));
      } else {
        context.print(`${file} is valid.`);
        if (cost !== null) context.print(canaryText(cost));
      }
    });
  const show = withCommonOptions(new Command('show'))
    .description('print the values in effect and where each comes from')
    .addHelpText('after', SHOW_HELP)
    .action((options: CommonOptions) => {
      const loaded = loadConfigWithOrigins(options.config);
      context.print(options.json === true ? settingsJson(loaded) : settingsText(loaded));
    });
  return new Command('config')
    .description('check or show the configuration')
    .addCommand(validate)
    .addCommand(show);
}

/** What the node's requests to itself cost in a day. */
const canaryText = ({ requests, mostChargedDatoshi }: ReturnType<typeof canaryPerDay>): string =>
  labelled(
    'canary',
    `${requests} requests a day: their answers are charged at most ` +
      `${formatGas(mostChargedDatoshi)} GAS of the node's credit, which become its earnings; ` +
      'what asking and answering burns stays lost, within gasbank.budgets',
  );

function settingsJson({ config, settings }: LoadedConfig): string {
  const values = settings.map(({ key, value, place }) => {
    const origin = place === null ? 'default' : placeText(place);
    return [key, { value: shown(value), origin }] as const;
  });
  const { file, preset } = config;
  return JSON.stringify({ file, preset, settings: Object.fromEntries(values) });
}

const ORIGIN_COLUMN = 46;

/** The settings as YAML that the node would accept, each with its origin in a comment. */
export function settingsText({ config, settings }: LoadedConfig): string {
  return [`# ${config.file}`, ...sectionLines(settings, 0, config.file)].join('\n');
}

function sectionLines(settings: readonly Setting[], depth: number, file: string): string[] {
  const members = new Map<string, Setting[]>();
  for (const setting of settings) {
    const name = String(setting.path[depth]);
    members.set(name, [...(members.get(name) ?? []), setting]);
  }
  const indent = '  '.repeat(depth);
  return [...members].flatMap(([name, inside]) => {
    const [first] = inside;
    if (first !== undefined && first.path.length === depth + 1) {
      const text = `${indent}${name}: ${flow(shown(first.value))}`;
      return [`${text.padEnd(ORIGIN_COLUMN)} # ${originText(first, file)}`];
    }
    const head = depth === 0 ? ['', `${name}:`] : [`${indent}${name}:`];
    return [...head, ...sectionLines(inside, depth + 1, file)];
  });
}

function originText({ place }: Setting, file: string): string {
  if (place === null) return 'default';
  return place.file === file ? `line ${place.line}` : `${place.file}:${place.line}`;
}

const flow = (value: unknown): string =>
  visible(stringify(value, { schema: 'failsafe', collectionStyle: 'flow', lineWidth: 0 }).trim());

/** Providers put keys into the paths of their URLs, so such a path is not shown. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'string' || !/^(https?|wss?):\/\//.test(value)) return value;
  const { protocol, host, pathname } = new URL(value);
  return `${protocol}//${host}${['/', '/ws'].includes(pathname) ? pathname : '/[hidden]'}`;
}
