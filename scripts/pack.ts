import { parseArgs } from 'node:util';
import { packRelease } from './pack/pack-release.js';

const USAGE = `npm run pack -- [--out DIR]

Makes the package of a release from the sources as they are, in DIR (default: the checkout): built
anew, with the versions of all packages that it runs with. The same sources give the same bytes.`;

const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help === true) console.log(USAGE);
else {
  const { file, sha256 } = await packRelease(values.out ?? '.');
  console.log(`${sha256}  ${file}`);
}
