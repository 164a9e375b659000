import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { parseBlock, parseMoment } from '../api/upkeep-query.js';
import { occurrenceText } from '../automation/next-run.js';
import { upcoming } from '../automation/occurrences.js';
import { readTrigger, type Trigger } from '../automation/trigger.js';
import { NodeError } from '../base/node-error.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { labelled } from './text-table.js';

const OCCURRENCES = 10;

const HELP = `
Reads a trigger as the gateway and the node do, and prints its next ${OCCURRENCES} occurrences:
times in UTC for cron, blocks after the registration for every. It asks nobody, and needs no
configuration.

Examples:
  dodona upkeeps simulate 'cron:0 9 * * 1-5'
  dodona upkeeps simulate 'cron:*/15 * * * *;catchup=2' --from 2026-03-01T00:00Z
  dodona upkeeps simulate every:20 --registered 5000000
${EXIT_CODE_HELP}`;

interface SimulateOptions {
  readonly from?: string;
  readonly registered: string;
  readonly json?: boolean;
}

export function upkeepsSimulateCommand(context: CommandContext): Command {
  return new Command('simulate')
    .argument('<trigger>', 'as registerUpkeep takes it')
    .option('--from <time>', 'ISO 8601, UTC (default: now)')
    .option('--registered <block>', 'block of the registration', '0')
    .option('--json', 'print JSON for programs instead of text for people')
    .description(`the next ${OCCURRENCES} occurrences of a trigger`)
    .addHelpText('after', HELP)
    .action((text: string, options: SimulateOptions) => {
      const read = readTrigger(text);
      if (read.kind === 'refused') throw badTrigger(text, read.reason);
      const timeMs = options.from === undefined ? context.clock.nowMs() : parseMoment(options.from);
      const registered = { block: parseBlock(options.registered), timeMs };
      const { trigger } = read;
      const occurrences = upcoming(trigger, { registered, lastDue: null }, OCCURRENCES);
      const { kind, catchup } = trigger;
      context.print(
        options.json === true
          ? jsonText({ ok: true, trigger: text, kind, catchup, occurrences })
          : simulationText(trigger, occurrences),
      );
    });
}

const badTrigger = (text: string, reason: string): NodeError =>
  new NodeError('BAD_TRIGGER', `the trigger ${JSON.stringify(text)}: ${reason}`, {
    hint: 'triggers are in docs/contract-authors.md, under Upkeeps',
  });

function simulationText(trigger: Trigger, occurrences: readonly number[]): string {
  const { kind, catchup } = trigger;
  const missed =
    catchup === null
      ? 'skipped to the latest'
      : `the last ${catchup} before the latest are made up for, oldest first`;
  const due = occurrences.map((at) => occurrenceText(kind, at));
  return [
    labelled('due', dueText(trigger)),
    labelled('missed', missed),
    ...(due.length === 0 ? [] : ['', ...due]),
  ].join('\n');
}

function dueText(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'cron':
      return "at these times, by the blocks' own time";
    case 'every':
      return `every ${trigger.blocks} blocks after that of the registration`;
    case 'when':
      return `whenever ${trigger.method} of the target returns true: nobody can know beforehand`;
    case 'on':
      return `behind each block with ${trigger.event} of ${trigger.contract}, whenever that is`;
  }
}
