/** The first file of one of these names in the folders of PATH, or null. */
export function findOnPath(names: readonly string[], env: NodeJS.ProcessEnv): string | null;
