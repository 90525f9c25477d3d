import { SmtpSender } from '#smtp';
import { createAuthority } from '../harness/certificates.js';
import { eventually } from '../harness/eventually.js';
import { accountAt, USER } from '../harness/peers/endpoint.js';
import { type Exim, startExim } from '../harness/peers/exim.js';
import { handOver } from '../harness/peers/hand-over.js';
import { describeWithPeer, EXIM } from '../harness/peers/installed.js';
import { casesOf } from '../harness/peers/matrix.js';
import { relayAccount, relayProtocol } from '../harness/peers/relay-account.js';
import { outgoing } from '../harness/smtp-message.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

describeWithPeer(EXIM, () => {
  const clients = createAuthority('Clients');
  const sender = new SmtpSender();
  let sink: SmtpServer;
  let peer: Exim;
  beforeAll(async () => {
    sink = await startSmtpServer();
    peer = await startExim({ relayTo: sink.port, clientCa: clients.cert });
  });
  afterAll(async () => {
    await sender.close();
    await peer?.close();
    await sink?.close();
  });

  it.each(casesOf('Exim'))('takes a mail by $signIn over $tls', async ({ signIn, tls }) => {
    const account = relayAccount(peer, { signIn, tls }, clients);
    const { trace, received } = await handOver(sender, account, { peer, sink });
    expect(trace).toMatch(new RegExp(`\\bwith ${relayProtocol({ signIn, tls })}\\b`));
    if (account.auth.method === 'none') return;
    const name = { PLAIN: 'plain', LOGIN: 'login', 'CRAM-MD5': 'cram' }[signIn as 'PLAIN'];
    const id = /id (\S+)/.exec(trace)?.[1];
    expect(id).toBeDefined();
    expect(received.from).toBe(account.sender.address);
    const line = new RegExp(`${id} <= .* A=${name}:${USER.user} `);
    expect(
      await eventually(
        () => peer.log,
        (log) => line.test(log),
        2_000,
      ),
    ).toMatch(line);
  });

  it.each(['plain', 'login', 'cram-md5'] as const)(
    'refuses a wrong password, by %s',
    async (method) => {
      const account = accountAt(peer.starttls, { auth: { method, password: 'canary 1' } });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
      expect(verdict.sentence).toMatch(/Check SMTP_USERNAME and SMTP_PASSWORD\.$/);
      expect(JSON.stringify(verdict)).not.toContain('canary');
    },
  );

  it('refuses a mail without sign-in', async () => {
    const account = accountAt(peer.starttls, { auth: { method: 'none' } });
    const verdict = await sender.send(account, outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'rcpt', replyCode: 550 });
    expect(verdict.sentence).toMatch(/relay not permitted.*SMTP_USERNAME and SMTP_PASSWORD/);
  });

  it.each([
    ['no client certificate', undefined, /wants a client certificate/],
    [
      'a strange one',
      createAuthority('Strangers').issue(['app.example.com']),
      /does not accept our client certificate/,
    ],
  ])('refuses %s', async (_name, certificate, sentence) => {
    for (const place of [peer.certificate, peer.certificateImplicit]) {
      const account = accountAt(place, { auth: { method: 'none' }, tls: certificate });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tls' });
      expect(verdict.sentence).toMatch(sentence);
      expect(verdict.sentence).toContain('SMTP_TLS_CERT_FILE');
    }
  });
});
