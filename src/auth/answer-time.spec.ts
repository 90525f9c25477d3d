import { holdBack } from './answer-time.js';

it.each([
  [0, 100],
  [0.2, 100],
  [37, 100],
  [99.9, 100],
  [100, 100],
  [100.1, 200],
  [730, 800],
])('D02: an answer that took %d ms goes out after %d ms', (took, total) => {
  expect(took + holdBack(took)).toBeCloseTo(total, 6);
});
