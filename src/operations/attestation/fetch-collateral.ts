import dcap from '@phala/dcap-qvl';
import { toHex } from '../../base/bytes.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import { type Collateral, collateralSchema, MAX_COLLATERAL_BYTES } from './collateral.js';
import { chainOf } from './intel-chains.js';
import { readTdxQuote } from './tdx-quote.js';
import type { WithinTime } from './within-time.js';

/**
 * Fetches the collateral of a quote of TDX from a PCCS, Intel's caching service for certificates,
 * by its API of version 4. What comes is proven when it is verified, not here. Throws a NodeError
 * ATTESTATION_COLLATERAL.
 */
export async function fetchCollateral(
  quote: Buffer,
  { baseUrl, withinTime }: { readonly baseUrl: string; readonly withinTime: WithinTime },
): Promise<Collateral> {
  const base = baseUrl.replace(/\/+$/, '');
  const fmspc = toHex(dcap.intel.getFmspc(dcap.Quote.parse(quote))).toUpperCase();
  const issuer = chainOf(readTdxQuote(quote).pckChain, 'the quote')[0]?.issuer ?? '';
  const ca = /CN=Intel SGX PCK Platform CA/.test(issuer) ? 'platform' : 'processor';
  const get = (path: string): Promise<Fetched> =>
    withinTime(`${base} did not answer`, (signal) => fetchBounded(`${base}${path}`, signal));
  const tcb = await get(`/tdx/certification/v4/tcb?fmspc=${fmspc}`);
  const qe = await get('/tdx/certification/v4/qe/identity');
  const pckCrl = await get(`/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`);
  const rootCrl = await get('/sgx/certification/v4/rootcacrl');
  const [tcbInfo, qeIdentity] = [signedPart(tcb, 'tcbInfo'), signedPart(qe, 'enclaveIdentity')];
  const collateral = collateralSchema.safeParse({
    pck_crl_issuer_chain: chainIn(pckCrl, 'SGX-PCK-CRL-Issuer-Chain'),
    // The service keeps this one list as hex.
    root_ca_crl: rootCrl.body.toString('latin1').trim(),
    pck_crl: toHex(pckCrl.body),
    tcb_info_issuer_chain: chainIn(tcb, 'TCB-Info-Issuer-Chain'),
    tcb_info: tcbInfo.text,
    tcb_info_signature: tcbInfo.signature,
    qe_identity_issuer_chain: chainIn(qe, 'SGX-Enclave-Identity-Issuer-Chain'),
    qe_identity: qeIdentity.text,
    qe_identity_signature: qeIdentity.signature,
  });
  if (collateral.success) return collateral.data;
  throw failed(`${base} gave no ${collateral.error.issues[0]?.path.join('.')}`);
}

interface Fetched {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function fetchBounded(url: string, signal: AbortSignal): Promise<Fetched> {
  try {
    const response = await fetch(url, { signal, redirect: 'error' });
    if (!response.ok) throw new Error(`it answers with ${response.status}`);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body ?? []) {
      parts.push(part);
      length += part.length;
      if (length > MAX_COLLATERAL_BYTES) {
        throw new RangeError(`it answers more than ${MAX_COLLATERAL_BYTES} bytes`);
      }
    }
    return { url, headers: response.headers, body: Buffer.concat(parts) };
  } catch (cause) {
    throw failed(`cannot fetch ${url}: ${messageOf(cause)}`);
  }
}

function chainIn({ url, headers }: Fetched, name: string): string {
  const value = headers.get(name) ?? headers.get(`SGX-${name}`);
  if (value !== null) return decodeURIComponent(value);
  throw failed(`${url} answers without ${name}`);
}

/** What is signed is the compact JSON text of one member. */
function signedPart({ url, body }: Fetched, name: string): { text: string; signature: unknown } {
  try {
    const whole = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return { text: JSON.stringify(whole[name] ?? null), signature: whole.signature };
  } catch {
    throw failed(`${url} answers no JSON`);
  }
}

const failed = (problem: string): NodeError =>
  new NodeError('ATTESTATION_COLLATERAL', problem, {
    retryable: true,
    hint: 'attestation.collateralUrl must be the base of a PCCS; or give --collateral FILE',
  });
