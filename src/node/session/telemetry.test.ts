import { expect, test } from 'vitest';
import './index.js';

test('whoever opens sessions has turned off the telemetry of ONNX Runtime', () => {
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
});
