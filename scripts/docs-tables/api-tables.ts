import type { Access } from '../../src/api/access.js';
import { documentedProblems } from '../../src/api/documented-problems.js';
import { PROBLEMS, type ProblemCode } from '../../src/api/problem.js';
import { ROUTES } from '../../src/api/routes.js';

/** Every route, with who may use it. */
export function apiRouteTable(): string {
  const rows = ROUTES.map(({ method, path, summary, access }) => {
    return `| \`${method} ${path}\` | ${scopeOf(access)} | ${ownersOf(access)} | ${summary} |`;
  });
  return ['| route | scope | signed-in owner | answers |', '|---|---|---|---|', ...rows].join('\n');
}

function scopeOf(access: Access): string {
  if (access.kind === 'open') return 'open';
  if (access.kind !== 'scope') return 'any credentials';
  const group = access.publicGroup === undefined ? '' : `, or public: \`${access.publicGroup}\``;
  return `\`${access.scope}\`${group}`;
}

function ownersOf(access: Access): string {
  if (access.kind !== 'scope') return 'yes';
  return { none: 'no', own: 'his own', all: 'yes' }[access.owners ?? 'none'];
}

/** Every code, with where it comes from. */
export function apiProblemTable(): string {
  const rows = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const routes = ROUTES.filter((route) => documentedProblems(route).includes(code));
    const where =
      routes.length === 0
        ? 'the server'
        : routes.length > 6
          ? `${routes.length} routes`
          : routes.map(({ name }) => `\`${name}\``).join(', ');
    const { status, title } = PROBLEMS[code];
    return `| \`${code}\` | ${status} | ${title} | ${where} |`;
  });
  return ['| code | status | meaning | from |', '|---|---|---|---|', ...rows].join('\n');
}
