import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import ipaddr from 'ipaddr.js';
import { formatGas, parseGas } from '../base/datoshi.js';
import type { FileValues } from './config-schema.js';

/** What a rule between keys found wrong; it is told at the rule's first key. */
export interface Clash {
  readonly problem: string;
  readonly expected: string;
  readonly todo: string;
}

/** A rule between keys. It runs only when all the keys that it reads are valid by themselves. */
export interface CrossCheck {
  readonly keys: readonly [string, ...string[]];
  find(values: FileValues): Clash | null;
}

/** MaxBlockSystemFee of the public networks: a dearer transaction never gets into a block. */
const PUBLIC_MAX_BLOCK_SYSTEM_FEE = parseGas('20');
const PUBLIC_NETWORKS = new Map([
  [860_833_102, 'mainnet'],
  [894_710_606, 'testnet'],
]);

/** The first key must not be above the second. */
function ordered(
  keys: readonly [string, string],
  pick: (values: FileValues) => readonly [number | bigint, number | bigint],
  why: string,
): CrossCheck {
  return {
    keys,
    find(values) {
      const [lower, upper] = pick(values);
      if (lower <= upper) return null;
      return {
        problem: `it is too large beside ${keys[1]}`,
        expected: `at most the value of ${keys[1]}: ${why}`,
        todo: `Lower it, or raise ${keys[1]}.`,
      };
    },
  };
}

const magicFitsPreset: CrossCheck = {
  keys: ['network.magic', 'preset'],
  find({ network, preset }) {
    const isOf = PUBLIC_NETWORKS.get(network.magic) ?? 'devnet';
    if (preset === undefined || preset === isOf) return null;
    return {
      problem: `${network.magic} is not the number of the preset's network, ${preset}`,
      expected: `the number of ${preset}`,
      todo: 'Remove the magic, or choose another preset.',
    };
  },
};

const quorumFitsEndpoints: CrossCheck = {
  keys: ['network.quorum', 'network.rpc'],
  find({ network: { quorum, rpc } }) {
    const servers = new Set(rpc.map((url) => new URL(url).origin)).size;
    if (quorum <= servers) return null;
    return {
      problem: `${quorum} endpoints can never tell the same: network.rpc names ${servers}`,
      expected: `at most ${servers}, each server counted once`,
      todo: 'Lower it, or name other endpoints in network.rpc.',
    };
  },
};

const publicNetworkNamesItsStart: CrossCheck = {
  keys: ['gateway.startBlock', 'network.magic'],
  find({ gateway, network }) {
    const name = PUBLIC_NETWORKS.get(network.magic);
    if (name === undefined || gateway.startBlock !== undefined) return null;
    return {
      problem: `it is missing: the node would read ${name} from block 0, which takes days`,
      expected: 'the index of the block in which the gateway was deployed',
      todo: "Look it up by the gateway's hash in an explorer, and set it.",
    };
  },
};

const systemFeeFitsNetwork: CrossCheck = {
  keys: ['pipeline.maxSystemFee', 'network.magic'],
  find({ network, pipeline }) {
    const name = PUBLIC_NETWORKS.get(network.magic);
    if (name === undefined || pipeline.maxSystemFee <= PUBLIC_MAX_BLOCK_SYSTEM_FEE) return null;
    const limit = formatGas(PUBLIC_MAX_BLOCK_SYSTEM_FEE);
    return {
      problem: `${formatGas(pipeline.maxSystemFee)} GAS do not fit into a block of ${name}`,
      expected: `at most ${limit} GAS, its MaxBlockSystemFee`,
      todo: 'Lower it.',
    };
  },
};

const collectsBeforeFloor: CrossCheck = {
  keys: ['gasbank.collect.whenWalletBelow', 'gasbank.walletFloor'],
  find({ gasbank: { collect, walletFloor } }) {
    if (collect.whenWalletBelow === 0n || collect.whenWalletBelow > walletFloor) return null;
    return {
      problem:
        'the wallet would be at its floor, and nothing be sent, before earnings are collected',
      expected: 'more than the value of gasbank.walletFloor, or 0 GAS for never',
      todo: 'Raise it, or lower gasbank.walletFloor.',
    };
  },
};

const KEY_PLACES = 'wallet.file and wallet.passwordFile, or wallet.signer.socket alone';

/** The node account's key is here or at a signer: one that is in both protects nothing. */
const keyIsInOnePlace: CrossCheck = {
  keys: ['wallet.signer.socket', 'wallet.file', 'wallet.passwordFile'],
  find({ wallet: { file, passwordFile, signer } }) {
    if (signer.socket === undefined || (file ?? passwordFile) === undefined) return null;
    return {
      problem: 'a signer has the wallet, and one is named in wallet.file or passwordFile, too',
      expected: KEY_PLACES,
      todo: 'Remove both, and move the files where only the signer reads them.',
    };
  },
};

const keyIsSomewhere = (key: 'file' | 'passwordFile'): CrossCheck => ({
  keys: [`wallet.${key}`, 'wallet.signer.socket'],
  find({ wallet }) {
    if (wallet.signer.socket !== undefined || wallet[key] !== undefined) return null;
    return {
      problem: 'the key is missing',
      expected: KEY_PLACES,
      todo: `Add "${key}: …" below "wallet:".`,
    };
  },
});

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');

const apiIsGuarded: CrossCheck = {
  keys: ['api.host', 'api.tls.certFile', 'api.tls.keyFile', 'api.behindProxy'],
  find({ api }) {
    const hasTls = api.tls.certFile !== undefined && api.tls.keyFile !== undefined;
    if (isLoopback(api.host) || hasTls || api.behindProxy) return null;
    return {
      problem: `${api.host} can be reached from other machines, and tokens would go in plain text`,
      expected: 'a loopback address such as 127.0.0.1, unless TLS or a proxy guards it',
      todo: 'Use 127.0.0.1, or set api.tls, or api.behindProxy once a proxy speaks TLS before it.',
    };
  },
};

const apiTlsIsWhole: CrossCheck = {
  keys: ['api.tls.certFile', 'api.tls.keyFile'],
  find({ api: { tls } }) {
    if ((tls.certFile === undefined) === (tls.keyFile === undefined)) return null;
    return {
      problem: 'one of certFile and keyFile is missing',
      expected: 'both, or none',
      todo: 'Name the other one, too.',
    };
  },
};

const apiProxiesAreUsed: CrossCheck = {
  keys: ['api.trustedProxies', 'api.behindProxy'],
  find({ api }) {
    const hasProxies = api.trustedProxies.length > 0;
    if (api.behindProxy === hasProxies) return null;
    if (api.behindProxy) {
      return {
        problem: 'it is missing: all that the proxy forwards would count as one address',
        expected: 'the networks of the proxies, such as 127.0.0.1/32, as api.behindProxy is true',
        todo: 'List them, or set api.behindProxy to false.',
      };
    }
    return {
      problem: 'proxies are trusted, but api.behindProxy is false',
      expected: 'api.behindProxy: true',
      todo: 'Set it, or remove api.trustedProxies.',
    };
  },
};

const corsOriginsAreOrigins: CrossCheck = {
  keys: ['api.corsOrigins'],
  find({ api }) {
    const whole = api.corsOrigins.find((url) => new URL(url).pathname !== '/');
    if (whole === undefined) return null;
    return {
      problem: `${whole} has a path`,
      expected: 'origins, such as https://app.example',
      todo: 'Leave the path out.',
    };
  },
};

const apiPortIsFree: CrossCheck = {
  keys: ['api.port', 'api.host', 'network.rpc'],
  find({ api, network }) {
    const taken = network.rpc.find((text) => {
      const url = new URL(text);
      const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      return port === api.port && (host === api.host || (isLoopback(host) && isLoopback(api.host)));
    });
    if (taken === undefined) return null;
    return {
      problem: `port ${api.port} of this machine is that of the RPC endpoint ${taken}`,
      expected: 'a port of its own',
      todo: 'Choose another port, or 0 for any free one.',
    };
  },
};

function noRepeats(key: string, pick: (values: FileValues) => readonly string[]): CrossCheck {
  return {
    keys: [key],
    find(values) {
      const list = pick(values);
      const repeated = list.find((item, index) => list.indexOf(item) !== index);
      if (repeated === undefined) return null;
      return {
        problem: `${repeated} is listed more than once`,
        expected: 'each item once',
        todo: 'Remove the repetition.',
      };
    },
  };
}

const webSocketList = ({ network }: FileValues): readonly string[] =>
  Array.isArray(network.webSocket) ? network.webSocket : [];

/** Hosts that are declared and then not looked at would give a false sense of safety. */
const declaredHostsHold: CrossCheck = {
  keys: ['functions.declared'],
  find({ functions }) {
    if (functions.access === 'declared' || functions.declared.length === 0) return null;
    return {
      problem: 'hosts are declared, but functions.access is open: functions may fetch from any',
      expected: 'functions.access: declared',
      todo: 'Set it, or remove functions.declared.',
    };
  },
};

const alertCommandIsAbsolute: CrossCheck = {
  keys: ['alerts.command.run'],
  find({ alerts }) {
    const program = alerts.command.run?.[0];
    if (program === undefined || isAbsolute(program)) return null;
    return {
      problem: `the program ${program} is no absolute path`,
      expected: 'the program first, by its absolute path, then its arguments',
      todo: 'Write where the program is: no shell and no PATH looks for it.',
    };
  },
};

const alertSecretHasUrl: CrossCheck = {
  keys: ['alerts.webhook.secretFile', 'alerts.webhook.url'],
  find({ alerts: { webhook } }) {
    if (webhook.secretFile === undefined || webhook.url !== undefined) return null;
    return {
      problem: 'there is a secret, but no alerts.webhook.url to send messages to',
      expected: 'both, or neither',
      todo: 'Set the URL, or remove the secret.',
    };
  },
};

export const CROSS_CHECKS: readonly CrossCheck[] = [
  magicFitsPreset,
  quorumFitsEndpoints,
  publicNetworkNamesItsStart,
  systemFeeFitsNetwork,
  ordered(
    ['network.pollInterval', 'network.blockTime'],
    ({ network }) => [network.pollInterval, network.blockTime],
    'polling less often than blocks appear delays every answer',
  ),
  ordered(
    ['network.blockTime', 'network.stallAfter'],
    ({ network }) => [network.blockTime * 2, network.stallAfter],
    'it would be called stalled between two blocks (twice the block time must fit)',
  ),
  ordered(
    ['http.connectTimeout', 'http.timeout'],
    ({ http }) => [http.connectTimeout, http.timeout],
    'connecting is a part of the whole',
  ),
  keyIsInOnePlace,
  keyIsSomewhere('file'),
  keyIsSomewhere('passwordFile'),
  declaredHostsHold,
  ordered(
    ['pipeline.retryBackoff', 'pipeline.retryBackoffMax'],
    ({ pipeline }) => [pipeline.retryBackoff, pipeline.retryBackoffMax],
    'the wait grows from the one to the other',
  ),
  ordered(
    ['automation.backoff', 'automation.backoffMax'],
    ({ automation }) => [automation.backoff, automation.backoffMax],
    'the wait grows from the one to the other',
  ),
  ordered(
    ['pipeline.maxNetworkFee', 'pipeline.maxSystemFee'],
    ({ pipeline }) => [pipeline.maxNetworkFee, pipeline.maxSystemFee],
    'a network fee is a small part of what an answer costs',
  ),
  ordered(
    ['gasbank.walletFloor', 'gasbank.walletWarning'],
    ({ gasbank }) => [gasbank.walletFloor, gasbank.walletWarning],
    'the warning must come before the node stops spending',
  ),
  collectsBeforeFloor,
  ordered(
    ['gasbank.budgets.perHour', 'gasbank.budgets.perDay'],
    ({ gasbank: { budgets } }) => [budgets.perHour ?? 0n, budgets.perDay ?? budgets.perHour ?? 0n],
    'an hour is a part of the day',
  ),
  ordered(
    ['canary.timeout', 'canary.every'],
    ({ canary }) => [canary.timeout, canary.every],
    'one request is over before the next is made',
  ),
  alertCommandIsAbsolute,
  alertSecretHasUrl,
  apiIsGuarded,
  apiTlsIsWhole,
  apiProxiesAreUsed,
  corsOriginsAreOrigins,
  apiPortIsFree,
  noRepeats('network.rpc', ({ network }) => network.rpc),
  noRepeats('network.webSocket', webSocketList),
  noRepeats('http.allow.hosts', ({ http }) => http.allow.hosts.map(({ host }) => host)),
  noRepeats('http.allow.cidrs', ({ http }) => http.allow.cidrs),
  noRepeats('alerts.allow.hosts', ({ alerts }) => alerts.allow.hosts.map(({ host }) => host)),
  noRepeats('alerts.allow.cidrs', ({ alerts }) => alerts.allow.cidrs),
  noRepeats('api.hostNames', ({ api }) => api.hostNames),
  noRepeats('api.public', ({ api }) => api.public),
  noRepeats('api.trustedProxies', ({ api }) => api.trustedProxies),
  noRepeats('api.corsOrigins', ({ api }) => api.corsOrigins),
];
