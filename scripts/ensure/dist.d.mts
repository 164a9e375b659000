/** Whether dist/ was built from the sources as they are. */
export function isDistCurrent(root: string): boolean;
