import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/base/clock.js';
import { MAX_COLLATERAL_BYTES } from '../../../src/operations/attestation/collateral.js';
import { fetchCollateral } from '../../../src/operations/attestation/fetch-collateral.js';
import { createWithinTime } from '../../../src/operations/attestation/within-time.js';
import { realQuote } from './quotes.js';

type Answer = { readonly headers?: Record<string, string>; readonly body: string | Buffer } | null;

describe('fetching collateral', () => {
  const { quote, collateral } = realQuote('tdx_quote');
  const chain = (name: string, pem: string) => ({ [name]: encodeURIComponent(pem) });
  /** A PCCS with the collateral of the quote, by the paths and forms of its API. */
  const service = (): Record<string, Answer> => ({
    '/tdx/certification/v4/tcb?fmspc=B0C06F000000': {
      headers: chain('TCB-Info-Issuer-Chain', collateral.tcb_info_issuer_chain),
      body: `{"tcbInfo":${collateral.tcb_info},"signature":"${collateral.tcb_info_signature}"}`,
    },
    '/tdx/certification/v4/qe/identity': {
      headers: chain('SGX-Enclave-Identity-Issuer-Chain', collateral.qe_identity_issuer_chain),
      body:
        `{"enclaveIdentity":${collateral.qe_identity},` +
        `"signature":"${collateral.qe_identity_signature}"}`,
    },
    '/sgx/certification/v4/pckcrl?ca=platform&encoding=der': {
      headers: chain('SGX-PCK-CRL-Issuer-Chain', collateral.pck_crl_issuer_chain),
      body: Buffer.from(collateral.pck_crl, 'hex'),
    },
    '/sgx/certification/v4/rootcacrl': { body: collateral.root_ca_crl },
  });
  let answers: Record<string, Answer>;
  let server: Server;
  let baseUrl: string;
  before(async () => {
    server = createServer(({ url = '' }, response) => {
      const answer = answers[url];
      if (answer === null) return;
      response.writeHead(answer === undefined ? 404 : 200, answer?.headers ?? {});
      response.end(answer?.body ?? '');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    answers = service();
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const fetchIt = (timeoutMs = 60_000) =>
    fetchCollateral(quote, { baseUrl, withinTime: createWithinTime(systemClock, timeoutMs) });

  it('gives what the service has for the platform of the quote', async () => {
    assert.deepEqual(await fetchIt(), collateral);
  });

  it('fails when a part is missing, is nonsense, is too large or does not come', async () => {
    const [tcb = '', qe = '', pckCrl = '', rootCrl = ''] = Object.keys(service());
    const large = 'x'.repeat(MAX_COLLATERAL_BYTES + 1);
    const cases: [string, Answer | undefined, RegExp][] = [
      [tcb, undefined, /cannot fetch .*tcb\?fmspc=B0C06F000000: it answers with 404/],
      [tcb, { body: '{}' }, /answers without TCB-Info-Issuer-Chain/],
      [qe, { ...(answers[qe] as object), body: 'no' }, /answers no JSON/],
      [pckCrl, { ...(answers[pckCrl] as object), body: '' }, /gave no pck_crl/],
      [rootCrl, { body: 'not hex' }, /gave no root_ca_crl/],
      [rootCrl, { body: large }, /answers more than 1048576 bytes/],
    ];
    for (const [path, answer, pattern] of cases) {
      answers = service();
      if (answer === undefined) delete answers[path];
      else answers[path] = answer;
      await assert.rejects(fetchIt(), { code: 'ATTESTATION_COLLATERAL', message: pattern });
    }
    answers = { ...service(), [rootCrl]: null };
    await assert.rejects(fetchIt(200), /did not answer within 200 ms/);
  });
});
