import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { float32 } from '../../base/arrays.js';
import { input } from '../graph/index.js';
import { mul } from '../ops/index.js';
import { createSession, type OrtModule } from '../runtime/index.js';
import { compile } from './lower.js';
import { SCRATCH, scratchBytes, withScratch } from './scratch.js';

test('a graph with a block of memory computes what it computed, with a large block and with none', async () => {
  const graph = withScratch(compile({ outputs: { twice: mul(input('x', [2]), 2) } }));
  const session = await createSession(ort as unknown as OrtModule, graph, { threads: 1 });
  expect(session.inputs.map(({ name }) => name).sort()).toEqual([SCRATCH, 'x']);
  for (const bytes of [3e7, 0, 1]) {
    const x = float32(Float32Array.of(1, 2), [2]);
    const { twice } = await session.run({ x, [SCRATCH]: scratchBytes(bytes) }, { outputs: ['twice'] });
    expect([...twice!.data]).toEqual([2, 4]);
  }
  await session.dispose();
});
