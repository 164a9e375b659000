import type { CommandRule } from './doc-shell.js';

/** How commands of the documents are run in tests; those that no rule is for run as they stand. */
export const COMMAND_RULES: readonly CommandRule[] = [
  {
    when: /^npm run devnet\b/,
    how: { kind: 'background', until: 'Stop with Ctrl-C.' },
    as: (command) => `${command} --block-ms 100`,
  },
  { when: /^npx dodona start\b/, how: { kind: 'background', until: 'in step with the chain' } },
  { when: /^node .*source\.mjs$/, how: { kind: 'background', until: 'the source listens' } },
  { when: /^npm run demo$/, how: { kind: 'run' }, as: (command) => `${command} -- --once --json` },
  {
    // Beside another one, as after a second day.
    when: /^npx dodona backup ~/,
    how: { kind: 'run' },
    as: (command) => `touch ~/dodona/backups/dodona-1-0-20200101T000000Z.backup && ${command}`,
  },
  { when: /^npx dodona explain\b/, how: { kind: 'retry', until: 'requested' } },
  { when: /^npx dodona health\b/, how: { kind: 'retry', until: 'ready' } },
  { when: /^npx dodona gasbank collect\b/, how: { kind: 'retry', until: 'GAS (system fee' } },
  { when: /\blastAnswer$/, how: { kind: 'retry', until: 'ByteString' } },
  { when: /\bfunctionAnswerOf 3$/, how: { kind: 'retry', until: 'ByteString' } },
  { when: /\bresultOf 2$/, how: { kind: 'retry', until: 'ByteString' } },
  {
    when: /^npm (?:ci|run build)$/,
    how: { kind: 'skip', reason: 'what they replace is in use by other tests' },
  },
  {
    when: /^npm (?:test|run lint|run types|run contracts -- --check)$/,
    how: { kind: 'skip', reason: 'this is a part of npm test, which does all of them' },
  },
];
