/** Compiles src/ into a folder that exists. */
export function buildDist(root: string, target: string): Promise<void>;
