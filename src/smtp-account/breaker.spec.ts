import { accountFaultOf, type Failures, oneMore, pauseAfter } from './breaker.js';

const pauses = (fault: 'sign-in' | 'connection', random = 0) =>
  Array.from({ length: 16 }, (_, i) => pauseAfter(fault, i + 1, random));

describe('how long an account is left alone', () => {
  it('A21: from the first refused sign-in on, and soon for a quarter of an hour', () => {
    expect(pauses('sign-in').slice(0, 5)).toEqual([10, 60, 300, 900, 900]);
  });

  it('A01: from the third dead connection on, a minute at most', () => {
    expect(pauses('connection')).toEqual([0, 0, 1, 1.5, 2, 3, 4, 6, 9, 13, 20, 30, 45, 60, 60, 60]);
  });

  it('is never longer by chance, and never shorter than four fifths', () => {
    const shortest = pauses('connection', 0.999);
    for (const [i, pause] of pauses('connection').entries()) {
      expect(shortest[i]).toBeLessThanOrEqual(pause);
      expect(shortest[i]).toBeGreaterThanOrEqual(pause * 0.8);
    }
  });
});

describe('one failure more', () => {
  const none: Failures = { failures: 0, refusedSignIns: 0 };
  const row = (...faults: readonly ('sign-in' | 'connection')[]) => {
    let known = none;
    return faults.map((fault) => {
      const after = oneMore(known, fault, false, 0);
      known = after;
      return after.pause;
    });
  };

  it('A21: counts for its own kind alone', () => {
    expect(row('connection', 'connection', 'connection', 'connection', 'sign-in')).toEqual([
      0, 0, 1, 1.5, 10,
    ]);
    expect(row('sign-in', 'connection', 'sign-in', 'connection', 'connection')).toEqual([
      10, 0, 60, 0, 1,
    ]);
  });

  it('of the mail that tried the account after a pause keeps it left alone', () => {
    expect(oneMore({ failures: 2, refusedSignIns: 2 }, 'connection', true, 0).pause).toBe(1);
    expect(oneMore({ failures: 2, refusedSignIns: 2 }, 'sign-in', true, 0).pause).toBe(300);
  });
});

describe('whose fault a failure is', () => {
  it.each([
    ['auth', 'reply', 535, 'sign-in'],
    // what the server does not offer it will not offer in a second either
    ['auth', 'policy', undefined, 'sign-in'],
    ['auth', 'lost', undefined, 'connection'],
    ['auth', 'deadline', undefined, 'connection'],
    // A22
    ['auth', 'reply', 454, 'connection'],
    ['auth', 'reply', 421, 'connection'],
    ['mail', 'reply', 530, 'sign-in'],
    ['oauth2', 'policy', undefined, 'connection'],
    ['tcp', 'lost', undefined, 'connection'],
    ['greeting', 'reply', 554, 'connection'],
  ] as const)('%s %s %s: %s', (stage, ending, replyCode, fault) => {
    expect(accountFaultOf({ stage, ending, replyCode })).toBe(fault);
  });
});
