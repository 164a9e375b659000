/**
 * What the program around the VM offers. It is there during set-up only, under a name that is gone
 * before any code of an author runs: whoever needs it takes it from here.
 *
 * Texts, numbers and ArrayBuffers go through as they are. Only primitive values may be handed over,
 * since reading anything else would run the author's code.
 */
export const host = globalThis.dodonaHost;
delete globalThis.dodonaHost;
