import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neededSpan, resamplingAxis, UNIT } from './axis.js';

const sides = fc.integer({ min: 1, max: 300 });

test('weights add up to one, and everything lies inside of the needed span', () => {
  fc.assert(
    fc.property(sides, sides, fc.nat(), fc.nat(), (from, to, a, b) => {
      const first = a % to;
      const length = 1 + (b % (to - first));
      const span = neededSpan(from, to, first, length);
      const axis = resamplingAxis(from, to, first, length, span.first);
      expect(span.first).toBeGreaterThanOrEqual(0);
      expect(span.first + span.length).toBeLessThanOrEqual(from);
      for (let i = 0; i < length; i++) {
        const weights = axis.weights.subarray(i * axis.taps, (i + 1) * axis.taps);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(UNIT);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
        expect(axis.start[i]).toBeGreaterThanOrEqual(0);
        expect(axis.start[i]! + axis.taps).toBeLessThanOrEqual(span.length);
        expect(axis.nearest[i]).toBeGreaterThanOrEqual(0);
        expect(axis.nearest[i]).toBeLessThan(span.length);
      }
    }),
  );
});
