/** An image by name, exact version, and the digest of what stood behind that. */
export const PINNED = /^[a-z/]+:v?\d+\.\d+\.\d+(?:-[a-z]+)*@sha256:[0-9a-f]{64}$/;
