import { messageKinds } from '#message';
import { lifetimeSeconds } from '#one-time-token';

describe('a mail is worth sending for as long as what is in it', () => {
  it.each(Object.entries(lifetimeSeconds))('%s: %d seconds', (purpose, seconds) => {
    expect(messageKinds[purpose as keyof typeof lifetimeSeconds].lifetimeSeconds).toBe(seconds);
  });
});
