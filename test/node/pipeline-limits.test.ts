import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { parseGas } from '../../src/base/datoshi.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { pipelineLimits } from '../../src/node/pipeline-limits.js';

const EXAMPLE = join(projectRoot, 'node.config.example.yaml');
const ABI = join(projectRoot, 'contracts', 'build', 'gateway.abi.json');

describe('the limits of the pipeline', () => {
  const config = loadConfig(EXAMPLE);
  const withPipeline = (pipeline: Partial<NodeConfig['pipeline']>): NodeConfig => ({
    ...config,
    pipeline: { ...config.pipeline, ...pipeline },
  });
  const { limits } = JSON.parse(readFileSync(ABI, 'utf8')) as {
    limits: Record<'maxResponses' | 'maxIds', { value: number }>;
  };

  it('never put more into a transaction than the gateway takes', () => {
    const greedy = withPipeline({ maxBatchAnswers: 1_000, expireBatchRequests: 1_000 });
    const { respond, expireBatch } = pipelineLimits(greedy, null);
    assert.equal(respond.maxBatch, limits.maxResponses.value);
    assert.equal(expireBatch, limits.maxIds.value);
    const modest = pipelineLimits(
      withPipeline({ maxBatchAnswers: 5, expireBatchRequests: 6 }),
      null,
    );
    assert.deepEqual([modest.respond.maxBatch, modest.expireBatch], [5, 6]);
  });

  it('never let a transaction cost more than a block of the network may', () => {
    const given = withPipeline({ maxSystemFeeDatoshi: parseGas('10') });
    assert.equal(pipelineLimits(given, parseGas('4')).maxSystemFee, parseGas('4'));
    assert.equal(pipelineLimits(given, parseGas('40')).maxSystemFee, parseGas('10'));
    assert.equal(pipelineLimits(given, null).maxSystemFee, parseGas('10'));
  });
});
