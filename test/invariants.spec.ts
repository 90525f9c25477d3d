import type { Arrival, AttemptRow, Evidence, MailRow } from './harness/evidence.js';
import { checkInvariants, checkWhatArrived } from './harness/invariants.js';
import { Ledger } from './harness/ledger.js';

// Whoever is to find faults must be known to see them.

const mail: MailRow = {
  id: '1',
  kind: 'verification-code',
  to: 'ada@example.com',
  status: 'sent',
  messageId: '<1@localhost>',
  attempts: 1,
  createdAt: 1_000_000,
  expiresAt: 1_600_000,
  error: null,
  account: 'environment',
};
const arrival: Arrival = {
  messageId: mail.messageId,
  rcpts: [mail.to],
  headerTo: mail.to,
  digest: 'a',
  answer: 'accepted',
  mailAt: 1_000_100,
  doneAt: 1_000_200,
};
const promise = { to: mail.to, kinds: ['verification-code'] as const, at: 1_000_050 };
const attempt: AttemptRow = { mailId: '1', stage: 'dot', outcome: 'unknown', replyCode: null };
const good: Evidence = { promises: [promise], mails: [mail], attempts: [], arrivals: [arrival] };
const newer: MailRow = { ...mail, id: '2', messageId: '<2@localhost>', createdAt: 1_100_000 };
const newest: Arrival = { ...arrival, messageId: newer.messageId, mailAt: 1_100_100 };

it('finds nothing where all is well', () => {
  expect(checkInvariants(good)).toEqual({
    promised: 1,
    mails: 1,
    ended: { sent: 1 },
    lost: 0,
    late: 0,
    wrong: 0,
    duplicates: { unknown: 0, killed: 0 },
    healthP99Ms: undefined,
  });
});

it.each<[string, Partial<Evidence>, { unknown: number; killed: number }]>([
  ['a try of unknown outcome', { attempts: [attempt] }, { unknown: 1, killed: 0 }],
  [
    'a worker that was killed',
    { attempts: [{ ...attempt, stage: 'worker' }] },
    { unknown: 0, killed: 1 },
  ],
])('counts a copy that is explained by %s', (_name, evidence, duplicates) => {
  const unsure = { ...arrival, answer: 'unsure' as const };
  const summary = checkInvariants({ ...good, arrivals: [unsure, arrival], ...evidence });
  expect(summary.duplicates).toEqual(duplicates);
});

it('does not take a refused copy for one', () => {
  const refused = { ...arrival, answer: 'refused' as const };
  expect(checkInvariants({ ...good, arrivals: [refused, arrival] }).duplicates.unknown).toBe(0);
});

it.each<[string, Partial<Evidence>]>([
  ['I1: lost', { mails: [], arrivals: [] }],
  ['I1: lost', { promises: [promise, promise] }],
  ['I1: stuck', { mails: [{ ...mail, status: 'queued' }] }],
  ['I1: stuck', { mails: [{ ...mail, status: 'held' }] }],
  ['I1: failed without a reason', { mails: [{ ...mail, status: 'failed' }] }],
  ['I2: sent, but the server said nothing', { arrivals: [] }],
  ['I2: sent, but the server said refused', { arrivals: [{ ...arrival, answer: 'refused' }] }],
  ['I3: 2 copies', { arrivals: [arrival, arrival] }],
  [
    'I3: the copies differ',
    { attempts: [attempt], arrivals: [arrival, { ...arrival, digest: 'b' }] },
  ],
  ['I4: sent 10 s after', { arrivals: [{ ...arrival, doneAt: 1_610_000 }] }],
  ['I5: <1@localhost> for ada@', { arrivals: [{ ...arrival, rcpts: ['a@example.com'] }] }],
  [
    'I5: <1@localhost> for ada@',
    { arrivals: [{ ...arrival, rcpts: [mail.to, 'eve@example.com'] }] },
  ],
  ['I5: <1@localhost> for ada@', { arrivals: [{ ...arrival, headerTo: 'a@example.com' }] }],
  ['is no mail of ours', { arrivals: [arrival, { ...arrival, messageId: '<3@x>' }] }],
  ['I6: password is in log', { secrets: { password: 'tell' }, places: { log: 'I tell you' } }],
  [
    'I6: password is in log',
    { secrets: { password: 'tell' }, places: { log: Buffer.from('tell').toString('base64') } },
  ],
  ['I7: health took 9000 ms', { healthMs: [1, 9_000] }],
  [
    'I8: sent after a newer one',
    { mails: [mail, newer], arrivals: [{ ...arrival, mailAt: 1_200_000 }, newest] },
  ],
  [
    'I8: replaced, and queued',
    { mails: [{ ...mail, status: 'queued' }, newer], arrivals: [newest] },
  ],
])('sees it: %s', (sentence, change) => {
  expect(() => checkInvariants({ ...good, ...change })).toThrow(sentence);
});

describe('at any moment', () => {
  const queued = { ...mail, status: 'queued' };

  it('mails may still be under way, and others come by the same server', () => {
    const theirs = { ...arrival, messageId: '<3@x>' };
    const evidence = { ...good, mails: [queued, newer], arrivals: [theirs, newest] };
    expect(() => checkWhatArrived(evidence, false)).not.toThrow();
  });

  it.each<[string, Partial<Evidence>]>([
    ['I1: lost', { promises: [promise, { ...promise, to: 'bob@example.com' }] }],
    ['I2: sent, but the server said nothing', { arrivals: [] }],
    ['I3: 2 copies', { arrivals: [arrival, arrival] }],
    ['I4: sent 10 s after', { arrivals: [{ ...arrival, doneAt: 1_610_000 }] }],
    ['I5: <1@localhost> for ada@', { arrivals: [{ ...arrival, rcpts: ['a@example.com'] }] }],
    [
      'I8: sent after a newer one',
      { mails: [mail, newer], arrivals: [{ ...arrival, mailAt: 1_200_000 }, newest] },
    ],
  ])('it sees: %s', (sentence, change) => {
    expect(() => checkWhatArrived({ ...good, ...change }, false)).toThrow(sentence);
  });

  it('a moved clock says nothing of what is late', () => {
    const late = { ...good, arrivals: [{ ...arrival, doneAt: 1_610_000 }] };
    expect(() => checkWhatArrived(late, true)).not.toThrow();
  });
});

describe('what an answer promises', () => {
  const heard = (path: string, body: unknown, answer: { status: number; body: unknown }) => {
    const ledger = new Ledger();
    ledger.hear('POST', path, body, answer);
    ledger.hear('POST', path, body, answer);
    return ledger.promises.map(({ to, kinds }) => `${to}: ${kinds.join(' or ')}`);
  };
  const register = { email: 'Ada@Example.com', password: 'x' };
  const verification = { required: true };
  const invited = { email: 'ada@example.com', mail: { id: '1', status: 'queued' } };

  it('to who registers: one mail, known or not', () => {
    expect(heard('/auth/register', register, { status: 202, body: { verification } })).toEqual([
      'ada@example.com: verification-code or account-exists',
    ]);
  });

  it('to who invites: a mail each time', () => {
    const promises = ['ada@example.com: invitation', 'ada@example.com: invitation'];
    const answer = { status: 201, body: invited };
    expect(heard('/admin/invitations', {}, answer)).toEqual(promises);
    expect(heard('/admin/invitations/7/resend', undefined, answer)).toEqual(promises);
  });

  it.each([
    ['a refused registration', '/auth/register', 400, { code: 'invalid-request' }],
    ['a failure', '/admin/invitations', 503, invited],
    [
      'one that needs no verification',
      '/auth/register',
      202,
      { verification: { required: false } },
    ],
    ['a reset', '/auth/password-reset', 202, {}],
  ])('by %s: nothing', (_name, path, status, body) => {
    expect(heard(path, register, { status, body })).toEqual([]);
  });
});
