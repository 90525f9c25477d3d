import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PasswordHasher } from './password-hasher.service.js';

const hasher = new PasswordHasher();

describe('PasswordHasher', () => {
  it('makes Argon2id hashes, each with its own salt', async () => {
    const [one, other] = await Promise.all([
      hasher.hash('the same words'),
      hasher.hash('the same words'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(await hasher.verify(one, 'the same words')).toBe(true);
    expect(await hasher.verify(one, 'the same word')).toBe(false);
  });

  it('D36: takes the same letters in two spellings, and every character of a long password', async () => {
    expect(await hasher.verify(await hasher.hash('caf\u00e9'), 'cafe\u0301')).toBe(true);
    const long = 'x'.repeat(200);
    expect(await hasher.verify(await hasher.hash(`${long}1`), `${long}2`)).toBe(false);
  });

  it('D02: needs as long for nobody as for somebody, and never agrees', async () => {
    const known = await hasher.hash('the right words');
    const time = async (hash: string | null) => {
      const start = performance.now();
      expect(await hasher.verify(hash, 'wrong words')).toBe(false);
      return performance.now() - start;
    };
    await time(null);
    // By turns, and the quickest of each: whatever else the machine does can only make one slower.
    let [somebody, nobody] = [Infinity, Infinity];
    for (let i = 0; i < 20; i++) {
      somebody = Math.min(somebody, await time(known));
      nobody = Math.min(nobody, await time(null));
    }
    expect(nobody / somebody).toBeGreaterThan(0.5);
    expect(nobody / somebody).toBeLessThan(2);
  });

  it('D39: of 500 at once does some, refuses the rest, and leaves the event loop free', async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const results = await Promise.allSettled(
      Array.from({ length: 500 }, () => hasher.hash('some words')),
    );
    delay.disable();
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(500);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'busy', options: { retryAfter: 2 } });
    expect(delay.max / 1e6).toBeLessThan(200);
  });
});
