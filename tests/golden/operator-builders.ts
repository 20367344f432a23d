import type { Tensor } from '../../src/graph/index.js';
import { type ConvolutionOptions, conv2d, convTranspose2d } from '../../src/ops/index.js';
import type { OperatorCase } from './fixture.js';

type Builder = (operands: Readonly<Record<string, Tensor>>, fixture: OperatorCase) => Record<string, Tensor>;

/** How each operator of the fixtures is written here: from operands and options by name to results by name. */
export const operatorBuilders: Readonly<Record<string, Builder>> = {
  conv2d: ({ x, weight, bias }, { options }) => ({
    y: conv2d(x!, weight!, { ...(options as ConvolutionOptions), bias: bias! }),
  }),
  convTranspose2d: ({ x, weight, bias }, { options }) => ({
    y: convTranspose2d(x!, weight!, { ...(options as ConvolutionOptions), bias: bias! }),
  }),
};
