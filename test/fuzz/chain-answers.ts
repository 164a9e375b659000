import { hashToLittleEndian } from '../../src/base/hash.js';
import type { ConnectRpc, HttpAnswer } from '../../src/chain/rpc-http.js';
import { ACCOUNT, REQUESTER } from '../pipeline/stage-fixture.js';
import type { Json } from './mutate-json.js';

export const GATEWAY = `0x${'9a'.repeat(20)}` as const;
export const TX = `0x${'bb'.repeat(32)}` as const;
const BLOCK = `0x${'cc'.repeat(32)}`;
const GAS = '0xd2a4cff31913016155e38e474a2c06d08be276cf';

const integer = (value: bigint | number): Json => ({ type: 'Integer', value: `${value}` });
const bytes = (value: Buffer | string): Json => ({
  type: 'ByteString',
  value: Buffer.from(value as string).toString('base64'),
});
const account = (hash: typeof ACCOUNT): Json => bytes(hashToLittleEndian(hash));
const list = (...value: Json[]): Json => ({ type: 'Array', value });
const request = list(
  ...[integer(7), account(REQUESTER), account(REQUESTER), bytes('{"url":"https://a.example"}')],
  ...[bytes('$.a'), integer(100), integer(240)],
);
const event = { contract: GATEWAY, eventname: 'HttpRequest', state: request };
const transfer = {
  contract: GAS,
  eventname: 'Transfer',
  state: list(account(REQUESTER), account(ACCOUNT), integer(5)),
};
const execution = (trigger: string) => ({
  trigger,
  vmstate: 'HALT',
  exception: null,
  gasconsumed: '100',
  stack: [] as Json[],
  notifications: [event, transfer] as Json[],
});
const header = (index: number) => ({
  hash: BLOCK,
  index,
  previousblockhash: BLOCK,
  time: 1_700_000_000_000,
});
const invoked = (...stack: Json[]): Json => ({
  state: 'HALT',
  gasconsumed: '100',
  exception: null,
  stack,
  notifications: [event],
});

/** What a well-behaved node answers to each call that the node makes: the seeds of all others. */
const ANSWERS: Readonly<Record<string, (params: readonly Json[]) => Json>> = {
  getblockcount: () => 121,
  getversion: () => ({
    useragent: '/NEO-GO:0.120.0/',
    protocol: { network: 56753, msperblock: 15_000 },
  }),
  getblockheader: ([index]) => header(Number(index)),
  getblock: ([index]) => ({
    ...header(Number(index)),
    tx: [{ hash: TX, sender: 'NX', sysfee: '1', netfee: '2', nonce: 3 }],
  }),
  getblockhash: () => BLOCK,
  getblocknotifications: () => ({ hash: BLOCK, application: [{ container: TX, ...event }] }),
  getapplicationlog: () => ({
    txid: TX,
    executions: [execution('Application'), execution('OnPersist'), execution('PostPersist')],
  }),
  gettransactionheight: () => 120,
  getrawtransaction: () => 'AAAA',
  getcontractstate: () => ({
    hash: GATEWAY,
    manifest: {
      name: 'gateway',
      abi: {
        methods: ['version', 'respond', 'expire', 'requestHttp', 'nodeAccount', 'overlap'].map(
          (name) => ({ name, parameters: [] }),
        ),
      },
    },
  }),
  getstorage: () => Buffer.alloc(20, 7).toString('base64'),
  invokescript: () => invoked(integer(120), integer(1)),
  invokecontainedscript: () => invoked(list(integer(1))),
  invokefunction: () => invoked(integer(1)),
  invokescripthistoric: () => invoked(integer(1)),
  sendrawtransaction: () => ({ hash: TX }),
};

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: Json[];
}

/** Answers as a good node does, and then as `spoil` makes of it. */
export function connectSpoiled(spoil: (answer: Json) => Omit<HttpAnswer, 'date'>): ConnectRpc {
  const answerTo = ({ id, method, params }: Call): Json => {
    const answer = ANSWERS[method];
    if (answer === undefined) throw new Error(`bug: no answer to ${method}`);
    return { id, jsonrpc: '2.0', result: answer(params) };
  };
  return () => ({
    label: 'http://127.0.0.1:1',
    post: async (body) => {
      const asked = JSON.parse(body()) as Call | Call[];
      const answer = Array.isArray(asked) ? asked.map(answerTo) : answerTo(asked);
      return { ...spoil(answer), date: null };
    },
    close: () => {},
  });
}
