import { z } from 'zod';
import type { Head } from '../../../src/models/index.js';
import { convolution } from '../../../src/nn/index.js';

const schema = z.strictObject({ name: z.literal('toy') });

/** A 1×1 convolution on the deepest features, and a second classifier on the shallowest. */
export const toyHead: Head<z.infer<typeof schema>> = {
  name: 'toy',
  schema,
  build(scope, features, classes) {
    const [shallow, deep] = [features[0]!, features.at(-1)!];
    return {
      logits: convolution(scope.child('classifier'), deep.tensor, { out: classes, bias: true }),
      auxiliary: convolution(scope.child('auxiliary'), shallow.tensor, { out: classes, bias: true }),
      features: { context: deep, fused: shallow },
    };
  },
};
