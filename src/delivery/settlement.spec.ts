import type { Verdict } from '#smtp';
import { settlementOf } from './settlement.js';

type Outcome = Verdict['outcome'];

const verdict = (outcome: Outcome): Verdict => ({
  outcome,
  stage: 'rcpt',
  replyCode: 450,
  enhancedCode: '4.7.1',
  reply: 'Greylisted',
  sentence: 'The server asks to come back later (450 4.7.1 Greylisted).',
  durationMs: 12,
  transcript: [],
});

const tried = (attempts: number) => ({
  attempts,
  createdAt: new Date(0),
  expiresAt: new Date(600_000),
  expiresInMs: 590_000,
});

describe('what follows from a verdict', () => {
  const error = verdict('deferred').sentence;
  const retryInSeconds = 5;

  it.each<[Outcome, object]>([
    ['accepted', { transition: 'accept' }],
    ['rejected', { transition: 'reject', error }],
    ['deferred', { transition: 'defer', error, retryInSeconds }],
    ['unknown', { transition: 'doubt', error, retryInSeconds }],
    // The account's own trouble never ends a mail.
    ['account-failed', { transition: 'defer', error, retryInSeconds }],
  ])('%s: %j', (outcome, settlement) => {
    expect(settlementOf(verdict(outcome), tried(2), false, 0.5)).toEqual(settlement);
  });

  it('A01: a mail that only the accounts keep waiting is ready when one comes back', () => {
    expect(settlementOf(verdict('account-failed'), tried(9), true, 0.5)).toEqual({
      transition: 'defer',
      error,
      retryInSeconds: 1,
    });
    expect(settlementOf(verdict('deferred'), tried(2), true, 0.5)).toMatchObject({
      retryInSeconds,
    });
  });
});
