import { usableFor } from './token-lifetime.js';

it.each([
  // [seconds as the provider says, used for, ends after]
  [3_600, 3_300, 3_600],
  [86_399, 86_099, 86_399],
  [300, 270, 300],
  [60, 54, 60],
  [0, 0, 0],
  [1e9, 86_100, 86_400],
  [undefined, 300, undefined],
])('a token of %p s is used for %p s', (expiresIn, fresh, alive) => {
  expect(usableFor(expiresIn)).toEqual({ fresh, alive });
});
