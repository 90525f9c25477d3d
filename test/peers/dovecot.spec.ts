import type { SmtpSettings } from '#mailer-config';
import { requestAccessToken } from '#oauth2';
import { SmtpSender } from '#smtp';
import { createAuthority } from '../harness/certificates.js';
import { eventually } from '../harness/eventually.js';
import { type OAuth2Provider, startOAuth2Provider } from '../harness/oauth2-provider.js';
import { type Dovecot, startDovecot } from '../harness/peers/dovecot.js';
import { accountAt, USER } from '../harness/peers/endpoint.js';
import { handOver } from '../harness/peers/hand-over.js';
import { describeWithPeer, DOVECOT } from '../harness/peers/installed.js';
import { type Case, casesOf } from '../harness/peers/matrix.js';
import { bearerSettings } from '../harness/smtp-account.js';
import { outgoing } from '../harness/smtp-message.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

describeWithPeer(DOVECOT, () => {
  const clients = createAuthority('Clients');
  const sender = new SmtpSender({
    accessToken: async ({ auth: { oauth2, username = '' } }, { signal }) => {
      const granted = await requestAccessToken(oauth2!, { username, reach: 'any', signal });
      return granted.accessToken;
    },
  });
  let provider: OAuth2Provider;
  let sink: SmtpServer;
  let peer: Dovecot;
  let strict: Dovecot;

  beforeAll(async () => {
    sink = await startSmtpServer();
    provider = await startOAuth2Provider();
    provider.server.service.on('beforeTokenSigning', ({ payload }) => {
      payload['sub'] = USER.user;
    });
    const options = { relayTo: sink.port };
    peer = await startDovecot({ ...options, tokensOf: provider });
    strict = await startDovecot({ ...options, clientCa: clients.cert });
  });
  afterAll(async () => {
    await sender.close();
    await peer?.close();
    await strict?.close();
    await provider?.[Symbol.asyncDispose]();
    await sink?.close();
  });

  const bearer = () => ({ ...bearerSettings, tokenUrl: provider.tokenUrl });

  function accountOf({ signIn, tls }: Case): SmtpSettings {
    const at = tls === 'TLS' ? 'implicit' : 'starttls';
    if (signIn === 'client certificate')
      return accountAt(strict[at], { tls: clients.issue(['app.example.com']) });
    const method = signIn.toLowerCase() as SmtpSettings['auth']['method'];
    const byToken = method === 'xoauth2' || method === 'oauthbearer';
    const auth = byToken ? { method, password: undefined, oauth2: bearer() } : { method };
    return accountAt(peer[at], { auth });
  }

  it.each(casesOf('Dovecot'))('takes a mail by $signIn over $tls', async ({ signIn, tls }) => {
    const server = signIn === 'client certificate' ? strict : peer;
    const { trace } = await handOver(sender, accountOf({ signIn, tls }), { peer: server, sink });
    expect(trace).toContain(' with ESMTPSA');
    const method = signIn === 'client certificate' ? 'PLAIN' : signIn;
    expect(await loginOf(server, trace)).toMatch(
      new RegExp(`: Login: user=<${USER.user}@?>, method=${method}, .* TLS, `),
    );
  });

  it('takes NTLM with domain and workstation', async () => {
    const auth = { method: 'ntlm', ntlmDomain: 'ACME', ntlmWorkstation: 'GATEPOST' } as const;
    const account = accountAt(peer.starttls, { auth });
    const { trace } = await handOver(sender, account, { peer, sink });
    expect(await loginOf(peer, trace)).toContain(`user=<${USER.user}@acme>, method=NTLM`);
  });

  it('takes a password of any letters, by every method that has one', async () => {
    const users = { [USER.user]: 'pässwörd €:"\'$%' };
    await using foreign = await startDovecot({ relayTo: sink.port, users });
    for (const method of ['plain', 'login', 'cram-md5', 'ntlm'] as const)
      await handOver(sender, accountAt(foreign.starttls, { auth: { method } }), {
        peer: foreign,
        sink,
      });
  });

  it.each(['plain', 'login', 'cram-md5', 'ntlm'] as const)(
    'refuses a wrong password, by %s',
    async (method) => {
      const account = accountAt(peer.starttls, { auth: { method, password: 'canary 1' } });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
      expect(verdict.sentence).toMatch(/Check SMTP_USERNAME and SMTP_PASSWORD\.$/);
      expect(JSON.stringify(verdict)).not.toContain('canary');
    },
  );

  it.each(['xoauth2', 'oauthbearer'] as const)(
    'A24: refuses a token of somebody else, by %s, and one fresh one is asked for',
    async (method) => {
      await using stranger = await startOAuth2Provider(provider.server.issuer.url);
      let granted = 0;
      stranger.server.service.on('beforeTokenSigning', ({ payload }) => {
        payload['sub'] = USER.user;
        granted += 1;
      });
      const oauth2 = { ...bearerSettings, tokenUrl: stranger.tokenUrl };
      const account = accountAt(peer.starttls, { auth: { method, password: undefined, oauth2 } });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
      expect(verdict.sentence).toContain('refused the access token');
      expect(granted).toBe(2);
    },
  );

  it.each([
    ['no client certificate', undefined],
    ['a strange one', createAuthority('Strangers').issue(['app.example.com'])],
  ])('refuses %s', async (_name, certificate) => {
    const verdict = await sender.send(accountAt(strict.starttls, { tls: certificate }), outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
    expect(verdict.sentence).toMatch(/client certificate .*SMTP_TLS_CERT_FILE/i);
  });
});

/** The line of the log on which the sender of this mail signed in. It is written in its own time. */
async function loginOf(server: Dovecot, trace: string): Promise<string | undefined> {
  const id = /\bid (\S+)/.exec(trace)?.[1];
  const find = (): string | undefined => {
    const lines = server.log.split('\n');
    const relayed = lines.find(
      (line) => line.includes('Successfully relayed message:') && line.includes(`id=${id},`),
    );
    const session = /<\d+><([^>]+)>/.exec(relayed ?? '')?.[1];
    return lines.find((line) => line.includes(`session=<${session}>`));
  };
  return await eventually(find, (line) => line !== undefined, 2_000);
}
