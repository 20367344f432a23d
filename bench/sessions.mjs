// Opens, runs and disposes a thousand sessions in the thread and in workers, and prints the resident memory
// along the way; then what a run costs beyond ONNX Runtime. Usage: npm run build && node bench/sessions.mjs
import { create, toBinary } from '@bufbuild/protobuf';
import * as onnx from 'onnx-buf';
import { openSession, openSessionInThread } from '../dist/node/index.js';

/** `w_next = (w + x) · sin(w + x)`, all float32 [size]. */
function model(size) {
  const node = (opType, input, output) => create(onnx.NodeProtoSchema, { opType, input, output: [output] });
  const vector = (name) => {
    const dim = [
      create(onnx.TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(size) } }),
    ];
    const value = create(onnx.TypeProto_TensorSchema, {
      elemType: onnx.TensorProto_DataType.FLOAT,
      shape: create(onnx.TensorShapeProtoSchema, { dim }),
    });
    const type = create(onnx.TypeProtoSchema, { value: { case: 'tensorType', value } });
    return create(onnx.ValueInfoProtoSchema, { name, type });
  };
  const graph = create(onnx.GraphProtoSchema, {
    name: 'bench',
    node: [node('Add', ['w', 'x'], 'a'), node('Sin', ['a'], 'b'), node('Mul', ['a', 'b'], 'w_next')],
    input: [vector('w'), vector('x')],
    output: [vector('w_next')],
  });
  const opsetImport = [create(onnx.OperatorSetIdProtoSchema, { version: 17n })];
  return toBinary(
    onnx.ModelProtoSchema,
    create(onnx.ModelProtoSchema, { irVersion: 8n, opsetImport, graph }),
  );
}

const array = (size) => ({ dtype: 'float32', shape: [size], data: new Float32Array(size) });
const ways = [
  ['in the thread', openSessionInThread],
  ['in a worker', openSession],
];

async function memory(name, open, size, count) {
  const bytes = model(size);
  const marks = [];
  const start = performance.now();
  for (let i = 0; i <= count; i++) {
    if (i % (count / 5) === 0) marks.push(Math.round(process.memoryUsage.rss() / 1e6));
    const session = await open(bytes, { threads: 2, state: { w: 'w_next' } });
    await session.setState({ w: array(size) });
    for (let step = 0; step < 2; step++) await session.run({ x: array(size) });
    await session.dispose();
  }
  const each = ((performance.now() - start) / count).toFixed(1);
  console.log(`${count} sessions ${name}, ${each} ms each; resident MB at every fifth: ${marks.join(' ')}`);
}

async function cost(name, open, size, runs) {
  const session = await open(model(size), { threads: 1 });
  const feeds = { w: array(size), x: array(size) };
  for (let i = 0; i < 20; i++) await session.run(feeds);
  const start = performance.now();
  for (let i = 0; i < runs; i++) await session.run(feeds);
  const each = ((performance.now() - start) / runs) * 1000;
  await session.dispose();
  console.log(`a run ${name}, two float32 arrays of ${size} in, one out: ${each.toFixed(0)} µs`);
}

for (const [name, open] of ways) await memory(name, open, 2 ** 18, 1000);
for (const size of [16, 2 ** 18, 2 ** 22]) {
  for (const [name, open] of ways) await cost(name, open, size, size > 2 ** 20 ? 30 : 300);
}
