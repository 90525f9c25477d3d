import type { SmtpSettings } from '#mailer-config';
import type { Verdict } from '#smtp';
import { accountFor } from '../../test/harness/smtp-account.js';
import { nameFailure } from './named-failure.js';

const server = {
  port: 587,
  options: { tls: 'starttls', auth: { user: 'ada', pass: 'pw-c4nary' } },
};

function named(
  [stage, outcome, reply]: readonly [Verdict['stage'], Verdict['outcome'], string],
  account: Partial<SmtpSettings> = {},
  verdict: Partial<Verdict> = {},
) {
  const [, code, enhancedCode] = /^(\d{3}) ([245]\.\d+\.\d+)?/.exec(reply) ?? [];
  return nameFailure(
    {
      outcome,
      stage,
      reply,
      replyCode: code === undefined ? undefined : Number(code),
      enhancedCode,
      sentence: 'as the wire says it',
      durationMs: 1,
      transcript: [],
      ...verdict,
    },
    { ...accountFor(server as never), host: 'mail.acme.example', ...account },
    'bob@example.org',
  );
}

describe('The name of a failed delivery', () => {
  it('is the one of the doctor, with what was said and what to do', () => {
    expect(named(['rcpt', 'rejected', '550 5.1.1 no such user'])).toEqual({
      code: 'RECIPIENT_UNKNOWN',
      sentence:
        'mail.acme.example does not know the recipient (550 5.1.1 no such user). Correct the address of the recipient. The mail is not tried again.',
    });
  });

  it.each([
    ['auth', 'account-failed', '535 5.7.8 authentication failed', 'AUTH_BAD_CREDENTIALS'],
    ['rcpt', 'deferred', '450 4.2.0 Greylisted, see https://x.example', 'GREYLISTED'],
    ['mail', 'account-failed', '530 5.7.0 Authentication required', undefined],
    ['rcpt', 'account-failed', '554 5.7.1 <b@c.test>: Relay access denied', 'RELAY_DENIED'],
    ['dot', 'deferred', '452 4.3.1 Insufficient system storage', 'SERVER_TEMPORARY'],
  ] as const)('at %s, %s: %s', (stage, outcome, reply, code) => {
    expect(named([stage, outcome, reply])?.code).toBe(code);
  });

  it('takes what was said before into account', () => {
    const reply = ['auth', 'account-failed', '504 5.7.4 Unrecognized authentication type'] as const;
    const transcript = ['S: 220 mail ESMTP', 'C: EHLO a', 'S: 250-mail', 'S: 250 AUTH LOGIN'];
    expect(named(reply)?.code).toBe('AUTH_NOT_OFFERED');
    expect(named(reply, {}, { transcript })?.code).toBe('AUTH_MECH_UNSUPPORTED');
  });

  it('says what comes next in place of what to do, where it is tried again', () => {
    const { sentence } = named(['rcpt', 'deferred', '450 4.2.0 Greylisted']) ?? {};
    expect(sentence).toMatch(/\(450 4\.2\.0 Greylisted\)\. It is tried again later\.$/);
  });

  it('speaks of fields to who has an account of the API', () => {
    const reply = ['auth', 'account-failed', '535 5.7.8 authentication failed'] as const;
    expect(named(reply)?.sentence).toContain('SMTP_PASSWORD');
    const { sentence } = named(reply, { source: 'database' }) ?? {};
    expect(sentence).toContain('password');
    expect(sentence).not.toContain('SMTP_');
  });

  it('is not made up where no reply decided, or the reply says nothing', () => {
    expect(named(['tcp', 'account-failed', ''])).toBeUndefined();
    expect(named(['dot', 'unknown', '250 2.0.0 ok'])).toBeUndefined();
    expect(named(['dot', 'accepted', '250 2.0.0 ok'])).toBeUndefined();
    expect(named(['rcpt', 'rejected', '550 no'])).toBeUndefined();
  });

  it('repeats no secret and no control character', () => {
    const said = '535 5.7.8 pw-c4nary is wrong\u001b[2J';
    const { sentence = '' } = named(['auth', 'account-failed', said]) ?? {};
    expect(sentence).not.toContain('c4nary');
    expect(sentence).not.toMatch(/\p{Cc}/u);
  });
});
