import { messageOf, NodeError } from '../../base/node-error.js';
import { lookAtConfigFiles } from '../../config/check-files.js';
import { type ConfigProblem, placeText } from '../../config/config-problem.js';
import type { LoadedConfig } from '../../config/load-config.js';
import { type Check, check, fail, ok } from './finding.js';

/** What is wrong with a configuration that could not be loaded: one check for each problem. */
export function brokenConfigChecks(error: unknown): Check[] {
  if (!(error instanceof NodeError)) throw error;
  const problems = error.details.problems as readonly FlatProblem[] | undefined;
  if (problems === undefined) {
    const trouble = {
      expected: 'a configuration that can be read',
      found: messageOf(error),
      fix: error.hint ?? 'Name it with --config, or copy node.config.example.yaml.',
    };
    return [check('config', () => fail(trouble))];
  }
  return problems.map(({ key, problem, expected, todo, ...place }) => {
    const found = `${problem} (${placeText(place)})`;
    return check('config', () => fail({ expected, found, fix: todo }), key === '' ? null : key);
  });
}

type FlatProblem = Omit<ConfigProblem, 'place'> & ConfigProblem['place'];

export const configCheck = ({ config }: LoadedConfig): Check =>
  check('config', () => ok(`${config.file} is valid`));

/** The files that the configuration names, by their keys. */
export function configFileChecks(loaded: LoadedConfig): Check[] {
  return lookAtConfigFiles(loaded).map(({ key, expected, problem }) =>
    check(`files.${key}`, () =>
      problem === null
        ? ok('as the node needs it')
        : fail({ expected, found: problem.problem, fix: problem.todo }),
    ),
  );
}
