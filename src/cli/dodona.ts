#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { systemClock } from '../base/clock.js';
import type { CommandContext } from './command-context.js';
import { createNodeFor, openStoredView } from './open-node.js';
import { runCli } from './run-cli.js';

// A reader that goes away, as in `dodona requests list | head`, ends the command and is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (stream === process.stdout) process.exit(0);
  });
}

const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

const context: CommandContext = {
  clock: systemClock,
  version,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  colour: process.env.NO_COLOR === undefined,
  get input() {
    return process.stdin;
  },
  errorStream: process.stderr,
  process,
  exitNow: (code) => process.exit(code),
  createNode: createNodeFor,
  openStored: openStoredView,
};

// Said out loud: handles that a stop in need left open must not keep the process.
process.exit(await runCli(process.argv.slice(2), context));
