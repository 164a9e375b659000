/** Why npm has to install, or null when node_modules holds what package-lock.json names. */
export function whyInstall(root: string): string | null;
