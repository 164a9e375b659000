import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { loadConfig } from '../../src/config/load-config.js';
import { PINNED } from './pinned.js';
import { type Dockerfile, readDeployment, readDockerfile } from './read-deployment.js';

const FILE = join(projectRoot, 'config', 'compose', 'compose.yaml');

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly user: string;
  readonly init: boolean;
  readonly read_only: boolean;
  readonly privileged?: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt: readonly string[];
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { host_ip: string; target: number; published: string }[];
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: readonly Mount[];
  readonly secrets?: readonly { source: string; target: string }[];
  readonly stop_grace_period?: string;
  readonly command: readonly string[] | null;
}

interface Network {
  readonly internal?: boolean;
  readonly ipam: { readonly config?: readonly { readonly gateway: string }[] };
}

interface Project {
  readonly services: Readonly<Record<'dodona' | 'prometheus' | 'grafana', Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly secrets: Readonly<Record<string, { file: string }>>;
}

describe('the compose file', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'dodona-compose-'));
  let project: Project;
  let image: Dockerfile;
  before(async () => {
    const { status, out, err } = await readDeployment('compose', FILE, { DODONA_DIR: folder });
    assert.equal(status, 0, err);
    project = JSON.parse(out) as Project;
    image = await readDockerfile();
  });
  after(() => rmSync(folder, { recursive: true }));

  const mountsOf = ({ volumes }: Service) =>
    new Map(volumes.map(({ source, target }) => [target, source] as const));

  it('is right by the schema of Compose, and refused with its words where it is not', async () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, 'services:\n  a:\n    image: x\n    read_onyl: true\n');
    const { status, err } = await readDeployment('compose', wrong);
    assert.equal(status, 1);
    assert.match(err, /services\.a\.read_onyl/);
    writeFileSync(wrong, 'services:\n  a:\n    image: x\n    networks: [nowhere]\n');
    assert.match((await readDeployment('compose', wrong)).err, /undefined network nowhere/);
  });

  it('asks for the folder of the operator where none is named', async () => {
    const { status, err } = await readDeployment('compose', FILE, { DODONA_DIR: '' });
    assert.equal(status, 1);
    assert.match(err, /DODONA_DIR.*is to name the folder of/);
  });

  it('gives every service no rights, no place to write but its own, and limits', () => {
    for (const [name, service] of Object.entries(project.services)) {
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.deepEqual([service.read_only, service.init], [true, true], name);
      assert.deepEqual([service.privileged, service.cap_add], [undefined, undefined], name);
      assert.match(service.user, /^[1-9]\d*:\d+$/, name);
      assert.ok(Number(service.mem_limit) >= 2 ** 28 && service.pids_limit >= 64, name);
      for (const { type, read_only, target } of service.volumes) {
        assert.equal(type === 'volume' || read_only === true, true, `${name}: ${target}`);
      }
      if (service.build === undefined) assert.match(service.image, PINNED, name);
    }
  });

  it('opens to this machine what people look at, and nothing else to anybody', () => {
    const ports = Object.values(project.services).flatMap((service) => service.ports ?? []);
    assert.deepEqual(
      ports.map(({ host_ip, published, target }) => `${host_ip}:${published}:${target}`),
      ['127.0.0.1:7411:7411', '127.0.0.1:3000:3000'],
    );
    const { dodona, prometheus, grafana } = project.services;
    assert.deepEqual(Object.keys(prometheus.networks), ['inside']);
    assert.equal(project.networks.inside?.internal, true);
    assert.deepEqual(Object.keys(dodona.networks), ['inside', 'outside']);
    assert.deepEqual(Object.keys(grafana.networks), ['desk', 'inside']);
  });

  it('hands passwords over as files, and none by the environment', () => {
    assert.deepEqual(
      Object.values(project.secrets).map(({ file }) => file),
      ['grafana.password', 'wallet.password'].map((name) => join(folder, name)),
    );
    for (const { environment = {} } of Object.values(project.services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|TOKEN/.test(name)) assert.match(name, /__FILE$/);
        assert.ok(value === 'true' || value === 'false' || value.startsWith('/run/secrets/'), name);
      }
    }
    const { grafana, dodona } = project.services;
    assert.equal(
      grafana.environment?.GF_SECURITY_ADMIN_PASSWORD__FILE,
      grafana.secrets?.[0]?.target,
    );
    assert.deepEqual(dodona.secrets?.[0]?.target, '/run/secrets/wallet_password');
  });

  it('fits the image: user, volume, place of the configuration, version, time to stop', () => {
    const { dodona } = project.services;
    const last = image.stages.at(-1)?.commands ?? [];
    const told = (name: string) => last.find((one) => one.name === name)?.value;
    assert.equal(dodona.user, told('USER')?.User);
    assert.equal(dodona.build?.context, projectRoot.replace(/\/$/, ''));
    const mounts = mountsOf(dodona);
    assert.equal(mounts.get('/data'), 'data');
    assert.equal(
      mounts.has(`${last.find(({ name }) => name === 'WORKDIR')?.value.Path}/node.config.yaml`),
      true,
    );
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    assert.equal(dodona.image, `dodona:${version}`);
    assert.equal(dodona.stop_grace_period, '20s');
  });

  it('comes with a configuration that the node takes, for the places that it mounts', () => {
    const { dodona } = project.services;
    const example = join(projectRoot, 'config', 'compose', 'node.config.example.yaml');
    const { wallet, storage, api } = loadConfig(example);
    assert.equal(storage.dir, '/data');
    assert.equal(wallet.files?.passwordFile, dodona.secrets?.[0]?.target);
    assert.ok(wallet.files?.file.startsWith('/data/'));
    assert.deepEqual([api.host, api.port], ['0.0.0.0', dodona.ports?.[0]?.target]);
    assert.deepEqual(api.hostNames, ['dodona']);
    assert.deepEqual(api.public, ['metrics']);
    const [subnet] = project.networks.outside?.ipam.config ?? [];
    assert.deepEqual(api.trustedProxies, [`${subnet?.gateway}/32`]);
  });

  it('mounts files that there are, where Prometheus and Grafana look for them', () => {
    for (const service of Object.values(project.services)) {
      for (const { type, source } of service.volumes) {
        if (type === 'bind' && !source.startsWith(folder)) statSync(source);
      }
    }
    const { prometheus, grafana } = project.services;
    const config = '/etc/prometheus/prometheus.yml';
    assert.ok(prometheus.command?.includes(`--config.file=${config}`));
    const scraped = parse(readFileSync(mountsOf(prometheus).get(config) ?? '', 'utf8'));
    assert.deepEqual(scraped.scrape_configs[0].static_configs[0].targets, ['dodona:7411']);
    for (const rules of scraped.rule_files) {
      assert.ok(mountsOf(prometheus).has(join('/etc/prometheus', rules)), rules);
    }
    const provisioned = [...mountsOf(grafana).keys()];
    assert.ok(provisioned.includes('/etc/grafana/provisioning/datasources/prometheus.yaml'));
    assert.ok(provisioned.includes('/etc/grafana/provisioning/dashboards'));
  });
});
