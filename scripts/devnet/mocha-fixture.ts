import { offerSharedNetwork, SHARED_NETWORK_VARIABLE } from './shared-network.js';

let offer: Awaited<ReturnType<typeof offerSharedNetwork>> | undefined;

/** Mocha runs this once, before it starts its worker processes, which inherit the variable. */
export async function mochaGlobalSetup(): Promise<void> {
  offer = await offerSharedNetwork();
  process.env[SHARED_NETWORK_VARIABLE] = offer.socket;
}

export async function mochaGlobalTeardown(): Promise<void> {
  await offer?.stop();
}
