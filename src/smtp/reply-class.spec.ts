import { parseReply } from './reply.js';
import { classify, type TransactionStage } from './reply-class.js';

const STAGES: readonly TransactionStage[] = ['mail', 'rcpt', 'data', 'dot'];

// Every cell: reply, then what it means at MAIL, RCPT, DATA and after the dot.
const TABLE: readonly (readonly [string, string, string, string, string])[] = [
  ['200 ok', 'go-on', 'go-on', 'account-failed', 'accepted'],
  ['250 2.0.0 ok', 'go-on', 'go-on', 'account-failed', 'accepted'],
  ['251 will forward', 'go-on', 'go-on', 'account-failed', 'accepted'],
  ['252 will try', 'go-on', 'go-on', 'account-failed', 'accepted'],
  ['299 odd', 'go-on', 'go-on', 'account-failed', 'accepted'],
  ['334 ?', 'account-failed', 'account-failed', 'go-on', 'unknown'],
  ['354 go ahead', 'account-failed', 'account-failed', 'go-on', 'unknown'],
  ['421 4.3.2 closing', 'account-failed', 'account-failed', 'account-failed', 'deferred'],
  ['432 4.3.2 too many', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['450 4.2.0 greylisted', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['451 4.3.0 local error', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['452 4.2.2 over quota', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['454 4.7.0 later', 'account-failed', 'account-failed', 'account-failed', 'deferred'],
  ['499 odd', 'deferred', 'deferred', 'deferred', 'deferred'],
  ['500 what', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['501 syntax', 'account-failed', 'rejected', 'rejected', 'rejected'],
  ['502 not here', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['503 sequence', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['530 5.7.0 sign in', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['534 5.7.9 too weak', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['535 5.7.8 bad', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['538 5.7.11 encrypt', 'account-failed', 'account-failed', 'account-failed', 'rejected'],
  ['550 5.1.1 unknown', 'account-failed', 'rejected', 'rejected', 'rejected'],
  ['550 5.7.60 not your address', 'account-failed', 'rejected', 'rejected', 'rejected'],
  ['552 5.3.4 too big', 'rejected', 'rejected', 'rejected', 'rejected'],
  ['552 full', 'rejected', 'rejected', 'rejected', 'rejected'],
  ['554 5.3.4 too big', 'rejected', 'rejected', 'rejected', 'rejected'],
  ['554 5.2.3 too long', 'rejected', 'rejected', 'rejected', 'rejected'],
  ['554 5.7.1 no', 'account-failed', 'rejected', 'rejected', 'rejected'],
  [
    '554 5.7.1 <a@b.c>: Relay access denied',
    'account-failed',
    'account-failed',
    'rejected',
    'rejected',
  ],
  ['550 relay not permitted', 'account-failed', 'account-failed', 'rejected', 'rejected'],
  ['550 5.7.1 Relaying denied', 'account-failed', 'account-failed', 'rejected', 'rejected'],
  ['550 5.7.54 SMTP; Unable to relay', 'account-failed', 'account-failed', 'rejected', 'rejected'],
  [
    '553 5.7.1 <a@b.c>: Sender address rejected: not owned',
    'account-failed',
    'account-failed',
    'rejected',
    'rejected',
  ],
  ['550 Sender verify failed', 'account-failed', 'account-failed', 'rejected', 'rejected'],
  [
    '554 5.7.1 <a@b.c>: Recipient address rejected',
    'account-failed',
    'rejected',
    'rejected',
    'rejected',
  ],
  [
    '450 4.1.8 <a@b.c>: Sender address rejected: no domain',
    'deferred',
    'deferred',
    'deferred',
    'deferred',
  ],
  [
    '550 5.4.5 Daily user sending limit exceeded',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '454 Throttling failure: Daily message quota exceeded',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '454 Throttling failure: Maximum sending rate exceeded',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '550 5.7.0 too many emails per second',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '451 4.7.1 You have exceeded your daily email sending quota',
    'account-failed',
    'account-failed',
    'account-failed',
    'account-failed',
  ],
  [
    '550 5.2.1 The user you are trying to contact has exceeded the daily receiving limit',
    'account-failed',
    'rejected',
    'rejected',
    'rejected',
  ],
  ['555 5.5.4 parameter', 'account-failed', 'rejected', 'rejected', 'rejected'],
  ['599 odd', 'account-failed', 'rejected', 'rejected', 'rejected'],
];

describe.each(TABLE)('%s', (text, ...meanings) => {
  it.each(STAGES.map((stage, at) => [stage, meanings[at]] as const))(
    'at %s: %s',
    (stage, meaning) => {
      const reply = parseReply(text);
      expect(reply && classify(stage, reply)).toBe(meaning);
    },
  );
});

it('has a meaning for every reply a parser lets through', () => {
  for (let code = 200; code < 600; code += 1)
    for (const stage of STAGES)
      expect(classify(stage, { code, enhancedCode: undefined, lines: [''] })).toMatch(/./);
});

it('never calls a message accepted, nor lost for good, before its time', () => {
  for (let code = 200; code < 600; code += 1)
    for (const stage of STAGES) {
      const meaning = classify(stage, { code, enhancedCode: undefined, lines: [''] });
      if (stage !== 'dot') expect(['accepted', 'unknown']).not.toContain(meaning);
      if (meaning === 'accepted') expect(Math.floor(code / 100)).toBe(2);
      if (meaning === 'rejected') expect(Math.floor(code / 100)).toBe(5);
    }
});
