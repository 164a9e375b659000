/** Throws a SetupError when this Node is too old. */
export function requireNode(version?: string): void;

/** Throws a SetupError when Go, which compiles the contracts, is missing or too old. */
export function requireGo(env?: NodeJS.ProcessEnv): void;
