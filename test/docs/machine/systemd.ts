import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Directive, directivesOf } from '../../deployment/unit-directives.js';
import { asUser, type Ids, idsOf, isRoot, type Program, quoted, startProgram } from './program.js';

/** Stands for systemd on a machine that is a folder. */
export interface Systemd {
  /** Does what the words behind `systemctl` say; throws where systemd would refuse. */
  systemctl(words: readonly string[]): Promise<string>;
  /** What shows the log that the words behind `journalctl` ask for. */
  journalctl(words: readonly string[]): string;
  /** Ends all that runs; how each service ended, by its name. */
  stop(): Promise<ReadonlyMap<string, number | string | null>>;
}

interface Running {
  readonly program: Program;
  readonly signal: NodeJS.Signals;
}

/**
 * Runs services by the units that are installed in the folder: user, group, umask, directories,
 * environment, credentials, working directory, command and signal. What the kernel does for the
 * rest, and starting again, is left out; systemd.test.ts has systemd judge those lines.
 */
export function createSystemd(root: string, logDir: string): Systemd {
  const units = new Map<string, readonly Directive[]>();
  const running = new Map<string, Running>();
  const ends = new Map<string, number | string | null>();

  const logOf = (unit: string): string => join(logDir, `${unit}.log`);

  function reload(): void {
    const folder = join(root, 'etc/systemd/system');
    units.clear();
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.service'))) {
      units.set(name, directivesOf(readFileSync(join(folder, name), 'utf8')));
    }
  }

  async function start(unit: string): Promise<void> {
    const directives = units.get(unit);
    if (directives === undefined) throw new Error(`Unit ${unit} not found.`);
    if (running.has(unit)) return;
    const told = (key: string): string =>
      directives.find((directive) => directive.key === key)?.value ?? '';
    const ids = idsOf(root, told('User'), told('Group'));
    const credentials = credentialsOf(root, unit, told('LoadCredential'), ids);
    directory(join(root, 'var/lib', told('StateDirectory')), told('StateDirectoryMode'), ids);
    if (told('RuntimeDirectory') !== '') {
      directory(join(root, 'run', told('RuntimeDirectory')), told('RuntimeDirectoryMode'), ids);
    }
    const [, program = '', ...words] = told('ExecStart').split(' ');
    const started = startProgram({
      command: [...asUser(ids), process.execPath, join(root, program), ...words],
      cwd: join(root, told('WorkingDirectory')),
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        USER: told('User'),
        CREDENTIALS_DIRECTORY: credentials,
        ...Object.fromEntries([told('Environment').split('=') as [string, string]]),
      },
      umask: told('UMask'),
      logFile: logOf(unit),
    });
    running.set(unit, { program: started, signal: told('KillSignal') as NodeJS.Signals });
    void started.ended.then((end) => {
      ends.set(unit, end);
      running.delete(unit);
      takeBack(credentials);
    });
  }

  async function stop(unit: string): Promise<void> {
    const found = running.get(unit);
    await found?.program.stop(found.signal);
  }

  return {
    async systemctl([verb = '', ...words]) {
      const unit = `${words.at(-1)}.service`;
      if (verb === 'daemon-reload') reload();
      else if (verb === 'start' || (verb === 'enable' && words[0] === '--now')) await start(unit);
      else if (verb === 'stop') await stop(unit);
      else if (verb === 'restart') {
        await stop(unit);
        await start(unit);
      } else throw new Error(`Unknown command verb ${verb}.`);
      return '';
    },
    journalctl([, unit = '', ...words]) {
      const file = logOf(`${unit}.service`);
      if (!existsSync(file)) throw new Error(`-- No entries of ${unit} --`);
      return ['tail', ...words, file].map(quoted).join(' ');
    },
    async stop() {
      await Promise.all([...running.keys()].map(stop));
      return ends;
    },
  };
}

/** What LoadCredential= hands over, in a folder that the service alone may read; its path. */
function credentialsOf(root: string, unit: string, loaded: string, ids: Ids): string {
  const [name = '', source = ''] = loaded.split(':');
  const folder = join(root, 'run/credentials', unit);
  const secret = readFileSync(join(root, source));
  // It is mounted over whatever is there.
  takeBack(folder);
  mkdirSync(dirname(folder), { recursive: true });
  directory(folder, '0700', ids);
  const file = join(folder, name);
  writeFileSync(file, secret, { mode: 0o400 });
  if (isRoot) chownSync(file, ids.uid, ids.gid);
  chmodSync(folder, 0o500);
  return folder;
}

function takeBack(credentials: string): void {
  if (!existsSync(credentials)) return;
  chmodSync(credentials, 0o700);
  rmSync(credentials, { recursive: true });
}

/** Makes a directory as StateDirectory= and its like do; one that is there gets mode and owner. */
function directory(path: string, mode: string, { uid, gid }: Ids): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, Number.parseInt(mode, 8));
  if (isRoot) chownSync(path, uid, gid);
}
