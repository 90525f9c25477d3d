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

  const unanswered = (
    stage: Verdict['stage'],
    ending: Verdict['ending'],
    verdict: Partial<Verdict> = {},
    account: Partial<SmtpSettings> = {},
  ) => named([stage, verdict.outcome ?? 'account-failed', ''], account, { ending, ...verdict });

  it.each([
    ['dns', 'lost', 'ENOTFOUND', 'DNS_NXDOMAIN', 'No address is known for a host named'],
    ['dns', 'lost', 'ENODATA', 'DNS_NO_ADDRESS', 'exists, but has no address'],
    ['dns', 'lost', 'EAI_AGAIN', 'DNS_SERVFAIL', 'The name server of this machine fails'],
    ['dns', 'deadline', 'ETIMEDOUT', 'DNS_TIMEOUT', 'does not answer (nothing came within 1 s)'],
    ['tcp', 'lost', 'ECONNREFUSED', 'CONNECTION_REFUSED', 'Nothing listens at mail.acme.example'],
    ['tcp', 'lost', 'ENETUNREACH', 'CONNECTION_FILTERED', 'There is no way to mail.acme.example'],
    ['tcp', 'lost', 'EACCES', 'CONNECTION_FILTERED', 'This machine does not let us connect'],
    ['greeting', 'deadline', 'ETIMEDOUT', 'SILENT_SERVER', 'says nothing (nothing came within'],
    ['greeting', 'lost', undefined, 'CLOSED_BEFORE_GREETING', 'closes it without a word.'],
    ['auth', 'deadline', 'ETIMEDOUT', 'AUTH_TEMPORARY', 'mail.acme.example'],
    ['tls', 'lost', 'CERT_REVOKED', undefined, ''],
    ['tls', 'lost', 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', undefined, ''],
    ['mail', 'lost', 'ECONNRESET', undefined, ''],
    ['data', 'deadline', 'ETIMEDOUT', undefined, ''],
    ['mail', 'policy', undefined, undefined, ''],
    ['dot', 'aborted', undefined, undefined, ''],
  ] as const)('at %s, %s %s: %s', (stage, ending, errorCode, code, words) => {
    const failure = unanswered(stage, ending, { errorCode });
    expect(failure?.code).toBe(code);
    expect(failure?.sentence ?? '').toContain(words);
  });

  it.each([
    ['deadline', 'DATA_STALL'],
    ['lost', 'DATA_HANGUP'],
  ] as const)(
    'of a message that may have arrived, %s: %s, and not what to change',
    (ending, code) => {
      const failure = unanswered('dot', ending, { outcome: 'unknown' });
      expect(failure?.code).toBe(code);
      expect(failure?.sentence).toContain('it may have arrived; it is tried again later with the');
      expect(failure?.sentence).not.toContain('MTU');
    },
  );

  it('is that of a connection that ended within the message', () => {
    const transcript = ['C: DATA', 'S: 354 go on', 'C: (message, 9 octets)'];
    expect(unanswered('data', 'lost', { transcript })?.code).toBe('DATA_HANGUP');
  });

  it.each([
    ['token-settings', 'AADSTS7000222: expired', 'OAUTH_SECRET_EXPIRED'],
    ['token-settings', 'login.example.com gives no token.', 'OAUTH_INVALID_CLIENT'],
    ['token-consent', 'Run: gatepost oauth2 authorize', 'OAUTH_REFRESH_EXPIRED'],
    ['token-transient', 'login.example.com did not answer.', 'OAUTH_ENDPOINT_UNREACHABLE'],
  ] as const)('of an access token that is not to be had, %s: %s: %s', (fault, sentence, code) => {
    const failure = unanswered('oauth2', 'policy', { fault, sentence });
    expect(failure?.code).toBe(code);
    // what happened and what to do stands there already
    expect(failure?.sentence).toContain(sentence);
  });

  it('of a refused token is not that of a password', () => {
    const reply = ['auth', 'account-failed', '535 5.7.8 authentication failed'] as const;
    const transcript = ['S: 220 mail ESMTP', 'C: AUTH XOAUTH2 ***', 'S: 334 {"status":"400"}'];
    expect(named(reply, {}, { transcript })?.code).toBe('OAUTH_TOKEN_REFUSED');
  });

  it.each([
    ['S: 220 mx ESMTP', ['S: 250 mx'], 'mail.acme.example', 502, 'STARTTLS_NOT_OFFERED'],
    ['S: 220 mx ESMTP', ['S: 250 mx'], 'mail.acme.example', 454, 'STARTTLS_STRIPPED'],
    ['S: 220 mx ESMTP', ['S: 250 mx'], 'smtp.gmail.com', 502, 'STARTTLS_STRIPPED'],
    ['S: 220 *********', ['S: 250 mx'], 'mail.acme.example', 502, 'STARTTLS_MASKED'],
    ['S: 220 mx', ['S: 250-mx', 'S: 250 XXXXXXXA'], 'mail.acme.example', 502, 'STARTTLS_MASKED'],
    ['S: 220 mx', ['S: 250-mx', 'S: 250 STARTTLS'], 'mail.acme.example', 454, 'STARTTLS_REFUSED'],
  ] as const)('of STARTTLS, %s, %j, %s says %s: %s', (greeting, ehlo, host, replyCode, code) => {
    const transcript = [greeting, 'C: EHLO app', ...ehlo, 'C: STARTTLS'];
    const refused = ['tls', 'account-failed', `${replyCode} no`] as const;
    expect(named(refused, { host }, { transcript })?.code).toBe(code);
  });

  it('of a connection repeats no secret either', () => {
    const { sentence = '' } =
      named(
        ['greeting', 'account-failed', 'HTTP/1.1 400 pw-c4nary\u001b[2J'],
        {},
        { ending: 'malformed' },
      ) ?? {};
    expect(sentence).toContain('is a web server');
    expect(sentence).not.toContain('c4nary');
    expect(sentence).not.toMatch(/\p{Cc}/u);
  });

  it('repeats no secret and no control character', () => {
    const said = '535 5.7.8 pw-c4nary is wrong\u001b[2J';
    const { sentence = '' } = named(['auth', 'account-failed', said]) ?? {};
    expect(sentence).not.toContain('c4nary');
    expect(sentence).not.toMatch(/\p{Cc}/u);
  });
});
