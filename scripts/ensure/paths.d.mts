/** The checkout that this file belongs to. */
export const projectRoot: string;

/** The folder of downloaded and built tools, made when missing. */
export function cacheFolder(env?: NodeJS.ProcessEnv): string;
