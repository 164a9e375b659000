/** `npm run build`: dist/ anew, whatever is there. */
import { buildAnew } from './ensure/dist.mjs';
import { projectRoot } from './ensure/paths.mjs';
import { createSteps } from './ensure/steps.mjs';
import { failSetup } from './ensure.mjs';

await buildAnew(projectRoot, createSteps()).catch(failSetup);
