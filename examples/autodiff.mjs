// A formula, its gradient as more of the same graph, and both in ONNX Runtime: Newton's method finds √2.
import { compile, float32, gradients, ops, variable } from 'hmsa/engine';
import { openSession } from 'hmsa/node';

const { div, square, sub, sum } = ops;
const x = variable('x', [1]);
const f = sub(square(x), 2);
const slope = gradients(sum(f), [x]).get(x);
const next = sub(x, div(f, slope));

const file = compile({ outputs: { f, slope, next } });
const session = await openSession(file, { state: { x: 'next' } });
await session.setState({ x: float32(Float32Array.of(1), [1]) });
for (let i = 0; i < 5; i++) {
  const { x } = await session.getState();
  const { f, slope } = await session.run({});
  console.log(`x = ${x.data}, x² − 2 = ${f.data}, its slope ${slope.data}`);
}
await session.dispose();
