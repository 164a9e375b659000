/** Groups of the API that `api.public` may open for everybody, for reading. */
export const PUBLIC_GROUPS = [
  'status',
  'requests',
  'functions',
  'gasbank',
  'prices',
  'upkeeps',
  'keys',
  'alerts',
  'events',
  'metrics',
] as const;
export type PublicGroup = (typeof PUBLIC_GROUPS)[number];
