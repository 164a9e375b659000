import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/base/node-error.js';
import { createDocker, type Docker } from './docker.js';
import { createSystemd, type Systemd } from './systemd.js';

/** A folder in the place of `/`, and what stands for the daemons of that machine. */
export interface Machine {
  readonly root: string;
  readonly systemd: Systemd;
  readonly docker: Docker;
  /** The end of what each service logged. */
  logs(): string;
  /** Ends what runs and removes the folder. */
  remove(): Promise<void>;
}

/** What a system has before anything is installed. */
const FOLDERS = [
  'etc/systemd/system',
  'opt',
  'run',
  'usr/lib/sysusers.d',
  'usr/local/bin',
  'var/lib',
];

/** Where services log; those of containers, too. */
const LOGS = 'var/log/journal';
const LOG_CHARACTERS_SHOWN = 4_000;

/**
 * Answers the programs in shims/, by a socket in the folder; `ask-machine` by its own name has done
 * what the operator does `elsewhere` meanwhile.
 */
export async function startMachine(elsewhere: () => Promise<void>): Promise<Machine> {
  const root = mkdtempSync(join(tmpdir(), 'dodona-machine-'));
  chmodSync(root, 0o755);
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  const systemd = createSystemd(root, join(root, LOGS));
  const docker = createDocker(join(root, 'docker'), join(root, LOGS));
  const answer = async ([program, operatorDir = '', ...words]: string[]): Promise<string> => {
    if (program === 'systemctl') return systemd.systemctl(words);
    if (program === 'journalctl') return systemd.journalctl(words);
    if (program === 'docker') return docker.docker(words, operatorDir);
    if (words[0] === 'health') return docker.healthCheck('dodona');
    await elsewhere();
    return '';
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += String(part);
    try {
      response.end(await answer(text.split('\0').slice(0, -1)));
    } catch (error) {
      response.writeHead(500).end(messageOf(error));
    }
  });
  server.listen(join(root, 'machine.sock'));
  await once(server, 'listening');
  return {
    root,
    systemd,
    docker,
    logs: () => {
      const folder = join(root, LOGS);
      const names = existsSync(folder) ? readdirSync(folder) : [];
      return names
        .map((name) => {
          const text = readFileSync(join(folder, name), 'utf8');
          return `${name}:\n${text.slice(-LOG_CHARACTERS_SHOWN)}`;
        })
        .join('\n');
    },
    async remove() {
      await Promise.all([systemd.stop(), docker.stop()]);
      server.close();
      // Of the image nothing can be written, by whoever is not root.
      execFileSync('chmod', ['-R', 'u+w', root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
