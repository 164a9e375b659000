import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import { carryOut } from '../../deployment/image-steps.js';
import {
  type Dockerfile,
  readDeployment,
  readDockerfile,
} from '../../deployment/read-deployment.js';
import { asUser, type Program, quoted, startProgram } from './program.js';

/** Stands for Docker and Compose, with the images that are built here. */
export interface Docker {
  /**
   * What is run in the place of the words behind `docker`, once what comes before it is done; with
   * the folder that DODONA_DIR names. Throws where Compose would refuse.
   */
  docker(words: readonly string[], operatorDir: string): Promise<string>;
  /** The folders in the place of `/`, by the stages of the Dockerfile. */
  readonly stages: ReadonlyMap<string, string>;
  /** What is run for the image's health check in the container of a service. */
  healthCheck(service: string): string;
  /** Ends all that runs; how each service ended, by its name. */
  stop(): Promise<ReadonlyMap<string, number | string | null>>;
}

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
}

interface Service {
  readonly build?: unknown;
  readonly user: string;
  readonly volumes: readonly Mount[];
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** What is compiled for minutes, of the same version, as the checkout has it. */
const NATIVE = join('node_modules', 'better-sqlite3', 'build');
export const withNativePart = (program: string): void =>
  cpSync(join(projectRoot, NATIVE), join(program, NATIVE), { recursive: true });

/**
 * Carries out the Dockerfile and runs the services that are built of it, by what the parser of
 * Compose reads: user, environment, volumes, files and secrets, command, signal. A container's `/`
 * is the folder of its image: what is mounted is copied there, with mode and owner, and where it
 * names paths of mounts, it names them in that folder.
 */
export function createDocker(folder: string, logDir: string): Docker {
  let stages: ReadonlyMap<string, string> = new Map();
  let file: Dockerfile = { arguments: null, stages: [], warnings: [] };
  const running = new Map<string, { readonly program: Program; readonly service: Service }>();
  const ends = new Map<string, number | string | null>();

  const root = (): string => {
    const found = stages.get(file.stages.at(-1)?.name ?? '');
    if (found === undefined) throw new Error('there is no image: it is not built');
    return found;
  };
  /** What the image's last instruction of this name says. */
  const told = (name: string): Record<string, unknown> =>
    file.stages.at(-1)?.commands.findLast((one) => one.name.toUpperCase() === name)?.value ?? {};
  const linesOf = (name: string): string[] => told(name).CmdLine as string[];
  const inside = (word: string): string => (word.startsWith('/') ? join(root(), word) : word);
  const logFile = (service: string): string => join(logDir, `${service}.log`);

  async function build(): Promise<void> {
    file = await readDockerfile();
    stages = await carryOut(file.stages, folder, [
      { when: /npm rebuild better-sqlite3$/, as: (at) => withNativePart(join(at, 'opt/dodona')) },
    ]);
    // read_only, for who is not another user there.
    const program = join(root(), 'opt/dodona');
    for (const name of readdirSync(program, { recursive: true, encoding: 'utf8' })) {
      const path = join(program, name);
      chmodSync(path, statSync(path).mode & ~0o222);
    }
  }

  const environment = (service: Service): Record<string, string> => ({
    PATH: `${root()}/usr/local/bin:${dirname(process.execPath)}`,
    ...Object.fromEntries(
      (told('ENV').Env as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]),
    ),
    ...service.environment,
  });

  /** As the container's user; the program is this machine's Node, or the image's. */
  function commandIn(service: Service, words: readonly string[]): string[] {
    const [uid = 0, gid = 0] = service.user.split(':').map(Number);
    const [program = '', ...rest] = words;
    const found = program === '/usr/local/bin/node' ? process.execPath : inside(program);
    return [...asUser({ uid, gid }), found, ...rest.map(inside)];
  }

  function mount(project: Project, service: Service, more: readonly Mount[]): void {
    const secrets = (service.secrets ?? []).map(({ source, target }) => ({
      type: 'bind',
      source: project.secrets[source]?.file ?? '',
      target,
    }));
    const mounts = [...service.volumes, ...secrets, ...more];
    for (const { type, source, target } of mounts) {
      const at = join(root(), target);
      if (type === 'volume') {
        if (!existsSync(at)) throw new Error(`the image has no ${target} to begin a volume with`);
        continue;
      }
      mkdirSync(dirname(at), { recursive: true });
      rmSync(at, { force: true });
      execFileSync('cp', ['-p', source, at]);
      if (!target.endsWith('.yaml')) continue;
      const text = mounts.reduce(
        (so, { target: named }) => so.replaceAll(` ${named}`, ` ${join(root(), named)}`),
        readFileSync(at, 'utf8'),
      );
      writeFileSync(at, text);
    }
  }

  function up(name: string, service: Service): void {
    if (running.has(name)) return;
    const program = startProgram({
      command: commandIn(service, [...linesOf('ENTRYPOINT'), ...linesOf('CMD')]),
      cwd: inside(String(told('WORKDIR').Path)),
      env: environment(service),
      umask: '0022',
      logFile: logFile(name),
    });
    running.set(name, { program, service });
    void program.ended.then((end) => {
      ends.set(name, end);
      running.delete(name);
    });
  }

  const stop = async (name: string): Promise<void> => {
    await running.get(name)?.program.stop(told('STOPSIGNAL').Signal as NodeJS.Signals);
  };

  function scriptIn(service: Service, words: readonly string[]): string {
    const set = Object.entries(environment(service)).map(([key, value]) => `${key}=${value}`);
    const command = ['env', '-i', ...set, ...commandIn(service, words)];
    const cwd = inside(String(told('WORKDIR').Path));
    return `cd ${quoted(cwd)} && exec ${command.map(quoted).join(' ')}`;
  }

  /** A service with its name, and what stands behind that. */
  function serviceAt(project: Project, words: readonly string[]) {
    const [name = '', ...rest] = words;
    const service = project.services[name];
    if (service === undefined) throw new Error(`no such service: ${name}`);
    return { name, service, rest };
  }

  async function compose(project: Project, verb: string, words: readonly string[]) {
    const { mounts, given } = optionsOf(words);
    if (verb === 'build') {
      await build();
      return '';
    }
    if (verb === 'up') {
      for (const [name, service] of Object.entries(project.services)) {
        // The images of others are not to be had here.
        if (service.build === undefined) continue;
        if (!running.has(name)) mount(project, service, []);
        up(name, service);
      }
      return '';
    }
    if (verb === 'cp') {
      const [from = '', to = ''] = given;
      const [, path = ''] = from.split(':');
      return `cp --preserve=mode ${quoted(inside(path))} ${quoted(to)}`;
    }
    const { name, service, rest } = serviceAt(project, given);
    if (verb === 'stop') {
      await stop(name);
      return '';
    }
    if (verb === 'run') {
      mount(project, service, mounts);
      return scriptIn(service, [...linesOf('ENTRYPOINT'), ...rest]);
    }
    if (verb !== 'exec') throw new Error(`unknown docker command: "compose ${verb}"`);
    if (!running.has(name)) throw new Error(`service "${name}" is not running`);
    return scriptIn(service, rest);
  }

  return {
    async docker([what = '', option = '', path = '', verb = '', ...words], operatorDir) {
      if (what !== 'compose' || option !== '-f') throw new Error('expected compose -f FILE');
      const read = await readDeployment('compose', join(projectRoot, path), {
        DODONA_DIR: operatorDir,
      });
      if (read.status !== 0) throw new Error(read.err);
      return compose(JSON.parse(read.out) as Project, verb, words);
    },
    get stages() {
      return stages;
    },
    healthCheck(name) {
      const found = running.get(name);
      if (found === undefined) throw new Error(`service "${name}" is not running`);
      const { Test: test } = told('HEALTHCHECK').Health as { Test: string[] };
      return scriptIn(found.service, test.slice(1));
    },
    async stop() {
      await Promise.all([...running.keys()].map(stop));
      return ends;
    },
  };
}

/** The options of `run`, `exec` and `up` that the page uses, and what stands behind them. */
function optionsOf(words: readonly string[]): { mounts: Mount[]; given: string[] } {
  const mounts: Mount[] = [];
  let at = 0;
  for (; words[at]?.startsWith('-') === true; at++) {
    const option = words[at] ?? '';
    if (option === '-v') {
      const [source = '', target = ''] = (words[++at] ?? '').split(':');
      mounts.push({ type: 'bind', source, target });
    } else if (!['--rm', '-T', '-d'].includes(option)) throw new Error(`unknown flag: ${option}`);
  }
  return { mounts, given: words.slice(at) };
}
