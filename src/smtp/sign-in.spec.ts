import { SmtpSender } from './smtp-sender.service.js';
import { accountFor, bearerSettings } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { garbage, reply, startSmtpServer } from '../../test/harness/smtp-server.js';

const auth = { user: 'robot@example.com', pass: 'canary 4711 ü' };
let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => await sender.close());

it.each(['plain', 'login', 'cram-md5'] as const)('signs in by %s', async (method) => {
  const methods = ['XOAUTH2', 'CRAM-MD5', 'LOGIN', 'PLAIN'];
  await using server = await startSmtpServer({ tls: 'starttls', auth: { ...auth, methods } });
  const verdict = await sender.send(accountFor(server, { auth: { method } }), outgoing());
  expect(verdict.outcome).toBe('accepted');
  expect(server.messages[0]?.user).toBe(auth.user);
  expect(server.commands).toContainEqual(expect.stringMatching(new RegExp(`^AUTH ${method}`, 'i')));
  expect(verdict.transcript.join('\n')).not.toMatch(/canary|Y2FuYXJ5|AHJvYm90/);
});

it.each([
  ['plain', 'PLAIN'],
  ['login', 'LOGIN'],
  ['cram-md5', 'CRAM-MD5'],
] as const)('no reply but 235 signs in: %s', async (method, offered) => {
  const methods = [offered];
  const script = { auth: reply(250, '2.0.0 ok') };
  await using server = await startSmtpServer({
    tls: 'starttls',
    auth: { ...auth, methods },
    script,
  });
  const verdict = await sender.send(accountFor(server, { auth: { method } }), outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 250 });
  expect(server.commands.join('\n')).not.toMatch(/MAIL/);
});

it('does not sign in when told not to', async () => {
  await using server = await startSmtpServer({ tls: 'starttls', auth });
  await sender.send(accountFor(server, { auth: { method: 'none' } }), outgoing());
  expect(server.messages[0]?.user).toBeUndefined();
});

it.each([
  ['offers no sign-in', undefined, 'auto' as const, /offers no sign-in here/],
  ['offers other ways only', ['GSSAPI'], 'auto' as const, /offers GSSAPI/],
  ['lacks the one that is set', ['PLAIN'], 'cram-md5' as const, /\(PLAIN\)/],
])('F17: never sends unsigned when the server %s', async (_name, methods, method, sentence) => {
  const offer = methods && { auth: { ...auth, methods } };
  await using server = await startSmtpServer({ tls: 'starttls', ...offer });
  const account = accountFor(server, {
    auth: { method, username: auth.user, password: auth.pass },
  });
  const verdict = await sender.send(account, outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
  expect(verdict.sentence).toMatch(sentence);
  expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
});

it.each(['plain', 'login', 'cram-md5', 'ntlm', 'xoauth2', 'oauthbearer'] as const)(
  'F17: %s that is set and not offered is a failure, though the server would take it',
  async (method) => {
    const others = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'NTLM', 'XOAUTH2', 'OAUTHBEARER'];
    const methods = others.filter((other) => other !== method.toUpperCase());
    await using server = await startSmtpServer({ tls: 'starttls', auth: { ...auth, methods } });
    const account = accountFor(server, { auth: { method, oauth2: bearerSettings } });
    const verdict = await sender.send(account, outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
    expect(verdict.sentence).toContain(`SMTP_AUTH_METHOD=${method} is not among`);
    expect(verdict.sentence).toContain(`(${methods.join(', ')})`);
    expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
  },
);

it('names the fields of an account that was set over the API, not the settings', async () => {
  await using server = await startSmtpServer({ tls: 'starttls', auth });
  const account = accountFor(server, { source: 'database', auth: { password: 'wrong one' } });
  const { sentence } = await sender.send(account, outgoing());
  expect(sentence).toMatch(/Check username and password\.$/);
});

it('says which settings to check when the password is wrong', async () => {
  await using server = await startSmtpServer({ tls: 'implicit', auth });
  const account = accountFor(server, { auth: { password: 'canary, misspelt' } });
  const verdict = await sender.send(account, outgoing());
  expect(verdict).toMatchObject({
    outcome: 'account-failed',
    stage: 'auth',
    replyCode: 535,
    enhancedCode: '5.7.8',
    sentence:
      'The server refused the sign-in (535 5.7.8 authentication failed). Check SMTP_USERNAME and SMTP_PASSWORD.',
  });
  expect(JSON.stringify(verdict)).not.toContain('canary');
});

it.each([
  ['454 4.7.0 later', 454, /at the moment/],
  ['534 5.7.9 application-specific password required', 534, /application password/],
])('A22: tells %s from a wrong password', async (_name, code, sentence) => {
  const script = { auth: reply(code, _name.slice(4)) };
  await using server = await startSmtpServer({ tls: 'starttls', auth, script });
  const verdict = await sender.send(accountFor(server), outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: code });
  expect(verdict.sentence).toMatch(sentence);
});

it('F27: repeats no credentials that a server echoes, at any stage', async () => {
  const plain = Buffer.from(`\0${auth.user}\0${auth.pass}`).toString('base64');
  const text = `5.7.8 user ${auth.user} pass ${auth.pass} (${plain})`;
  for (const stage of ['auth', 'mail', 'rcpt', 'data', 'dot'] as const) {
    await using server = await startSmtpServer({
      tls: 'starttls',
      auth,
      script: { [stage]: reply(535, [text, text]) },
    });
    const verdict = await sender.send(accountFor(server), outgoing());
    expect(verdict.replyCode).toBe(535);
    expect(verdict.reply).toContain('***');
    expect(JSON.stringify(verdict)).not.toMatch(/canary|Y2FuYXJ5/);
    expect(JSON.stringify(verdict)).not.toContain(plain);
  }
});

it('ends a sign-in that never ends', async () => {
  // a second question after PLAIN, again and again
  const script = { auth: garbage('334 \r\n') };
  await using server = await startSmtpServer({ tls: 'starttls', auth, script });
  const verdict = await sender.send(accountFor(server, { timeouts: { command: 100 } }), outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
  expect(verdict.durationMs).toBeLessThan(1_000);
});

it('sends nothing to a server that wants a sign-in it was not given', async () => {
  await using server = await startSmtpServer({
    tls: 'starttls',
    auth: { ...auth, required: true },
  });
  const verdict = await sender.send(accountFor(server, { auth: { method: 'none' } }), outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'mail', replyCode: 530 });
  expect(verdict.sentence).toMatch(/SMTP_USERNAME/);
});

describe('NTLM', () => {
  // the password "Password", hashed as in MS-NLMP 4.2.2.1.2
  const ntHash = 'a4f49c406510bdcab6824ee7c30fd852';
  const ntlm = { ntHash, domain: 'ACME', workstation: 'GATEPOST' };
  const windows = { user: 'robot', pass: 'Password', methods: ['NTLM'], ntlm };
  const names = { ntlmDomain: 'ACME', ntlmWorkstation: 'GATEPOST' };

  it.each([
    ['pinned', 'ntlm' as const, ['NTLM', 'LOGIN']],
    ['as the only one offered', 'auto' as const, ['GSSAPI', 'NTLM']],
  ])('signs in with domain and workstation, %s', async (_name, method, methods) => {
    await using server = await startSmtpServer({ tls: 'starttls', auth: { ...windows, methods } });
    const account = accountFor(server, { auth: { method, ...names } });
    const verdict = await sender.send(account, outgoing());
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]?.user).toBe('robot');
    // neither the message with the response nor its base64 is kept
    expect(verdict.transcript.join('\n')).not.toMatch(/C: .*TlRMTVNTUAAD|Password/);
    expect(verdict.transcript).toContain('C: AUTH NTLM ***');
  });

  it.each([
    ['the password is wrong', { ...names, password: 'password' }],
    ['the domain is wrong', { ...names, ntlmDomain: 'OTHER' }],
  ])('says which settings to check when %s', async (_name, wrong) => {
    await using server = await startSmtpServer({ tls: 'starttls', auth: windows });
    const account = accountFor(server, { auth: { method: 'ntlm', ...wrong } });
    const verdict = await sender.send(account, outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
    expect(verdict.sentence).toMatch(/SMTP_USERNAME.*SMTP_PASSWORD/);
    expect(server.messages).toEqual([]);
  });

  it.each(['', 'NTLM supported', 'NTLMSSP\0\x02'])(
    'sends no response to a challenge that is none: %j',
    async (challenge) => {
      await using server = await startSmtpServer({
        tls: 'starttls',
        auth: { ...windows, ntlm: { ...ntlm, challenge } },
      });
      const account = accountFor(server, { auth: { method: 'ntlm', ...names } });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
      expect(server.commands.join('\n')).not.toContain('TlRMTVNTUAAD');
    },
  );
});
