import { SmtpSender } from '#smtp';
import { createAuthority } from '../harness/certificates.js';
import { eventually } from '../harness/eventually.js';
import { accountAt, USER } from '../harness/peers/endpoint.js';
import { handOver } from '../harness/peers/hand-over.js';
import { describeWithPeer, POSTFIX } from '../harness/peers/installed.js';
import { casesOf } from '../harness/peers/matrix.js';
import { type Postfix, startPostfix } from '../harness/peers/postfix.js';
import { relayAccount, relayProtocol } from '../harness/peers/relay-account.js';
import { startProxy } from '../harness/proxies.js';
import { outgoing } from '../harness/smtp-message.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

describeWithPeer(POSTFIX, () => {
  const clients = createAuthority('Clients');
  const sender = new SmtpSender();
  let sink: SmtpServer;
  let peer: Postfix;

  beforeAll(async () => {
    sink = await startSmtpServer();
    peer = await startPostfix({
      relayTo: sink.port,
      mechanisms: ['plain', 'login', 'cram-md5', 'ntlm'],
      clientCa: clients.cert,
      settings: [
        'message_size_limit = 20000',
        'smtpd_sender_login_maps = texthash:$config_directory/senders',
        'smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch',
        'smtpd_recipient_restrictions = check_recipient_access texthash:$config_directory/recipients',
      ],
      files: {
        // by NTLM people have a domain as well, even if it is empty
        senders: `noreply@example.com ${USER.user}, ${USER.user}@\nboss@example.com boss@example.com\n`,
        recipients: 'gone@example.org REJECT\ngrey@example.org 450 4.2.0 Greylisted\n',
      },
    });
  });
  afterAll(async () => {
    await sender.close();
    await peer?.close();
    await sink?.close();
  });

  it.each(casesOf('Postfix'))('takes a mail by $signIn over $tls', async ({ signIn, tls }) => {
    const account = relayAccount(peer, { signIn, tls }, clients);
    const { trace } = await handOver(sender, account, { peer, sink });
    expect(trace).toContain(` with ${relayProtocol({ signIn, tls }).toUpperCase()} id `);
    if (account.auth.method === 'none') return;
    const id = /\bid (\S+)/.exec(trace)?.[1];
    const line = `${id}: client=unknown[127.0.0.1], sasl_method=${signIn}, sasl_username=${USER.user}`;
    expect(
      await eventually(
        () => peer.log,
        (log) => log.includes(line),
        2_000,
      ),
    ).toContain(line);
  });

  it.each(['http', 'socks4a', 'socks5'] as const)(
    'is reached through a proxy of kind %s',
    async (protocol) => {
      await using proxy = await startProxy(protocol, {
        user: 'guest',
        ...(protocol !== 'socks4a' && { pass: 'let@me: in' }),
      });
      for (const place of [peer.starttls, peer.implicit])
        await handOver(sender, accountAt(place, { proxy: proxy.settings }), { peer, sink });
      expect(proxy.targets).toEqual([
        `localhost:${peer.starttls.port}`,
        `localhost:${peer.implicit.port}`,
      ]);
      expect(proxy.passed).not.toMatch(/AUTH|MAIL FROM/);
    },
  );

  it('takes many mails over few connections, each once and unchanged', async () => {
    const account = accountAt(peer.starttls, { maxConnections: 3 });
    const before = sink.messages.length;
    const connections = () => peer.log.match(/smtpd\[\d+\]: connect from/g)?.length ?? 0;
    const opened = connections();
    const texts = Array.from({ length: 30 }, (_, i) => `${i}\n.\n..\n${'ü'.repeat(i * 40)}\n`);
    await Promise.all(
      texts.map((text) => handOver(sender, account, { peer, sink }, { text, html: '<p>.</p>' })),
    );
    expect(sink.messages.length - before).toBe(30);
    expect(connections() - opened).toBeLessThanOrEqual(3);
  });

  describe('refuses, and it is told why', () => {
    it.each(['plain', 'login', 'cram-md5', 'ntlm'] as const)(
      'a wrong password, by %s',
      async (method) => {
        const account = accountAt(peer.starttls, { auth: { method, password: 'canary 1' } });
        const verdict = await sender.send(account, outgoing());
        expect(verdict).toMatchObject({
          outcome: 'account-failed',
          stage: 'auth',
          replyCode: 535,
          enhancedCode: '5.7.8',
        });
        expect(verdict.sentence).toMatch(
          /^The server refused the sign-in \(535 5\.7\.8 .*Check SMTP_USERNAME and SMTP_PASSWORD\.$/,
        );
        expect(JSON.stringify(verdict)).not.toContain('canary');
      },
    );

    it('a mail in clear text', async () => {
      const auth = { method: 'none' } as const;
      const account = accountAt(peer.starttls, { security: 'clear', requireTls: false, auth });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', replyCode: 530 });
      expect(verdict.sentence).toMatch(/wants encryption .*SMTP_REQUIRE_TLS=true/);
    });

    it('a mail without sign-in', async () => {
      const account = accountAt(peer.starttls, { auth: { method: 'none' } });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'rcpt', replyCode: 554 });
      expect(verdict.sentence).toMatch(/Relay access denied.*SMTP_USERNAME and SMTP_PASSWORD/);
    });

    it('a sender that belongs to somebody else, though it says so at RCPT', async () => {
      const account = accountAt(peer.starttls, {
        sender: { name: undefined, address: 'boss@example.com' },
      });
      const verdict = await sender.send(account, outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'rcpt', replyCode: 553 });
      expect(verdict.sentence).toMatch(/not owned by user.*SMTP_SENDER/);
    });

    it.each([
      ['no client certificate', undefined],
      ['a strange one', createAuthority('Strangers').issue(['app.example.com'])],
    ])('%s', async (_name, certificate) => {
      for (const place of [peer.certificate, peer.certificateImplicit]) {
        const account = accountAt(place, { auth: { method: 'none' }, tls: certificate });
        const verdict = await sender.send(account, outgoing());
        expect(verdict).toMatchObject({ outcome: 'account-failed', replyCode: 421 });
        expect(verdict.sentence).toMatch(/client certificate .*SMTP_TLS_CERT_FILE/i);
      }
    });

    it('a recipient for good, or for now', async () => {
      const account = accountAt(peer.starttls);
      const gone = await sender.send(account, outgoing({ to: 'gone@example.org' }));
      expect(gone).toMatchObject({ outcome: 'rejected', stage: 'rcpt', replyCode: 554 });
      const grey = await sender.send(account, outgoing({ to: 'grey@example.org' }));
      expect(grey).toMatchObject({ outcome: 'deferred', stage: 'rcpt', replyCode: 450 });
    });

    it('a mail bigger than it said it takes, before it is sent', async () => {
      const text = `${'x'.repeat(70)}\n`.repeat(300);
      const verdict = await sender.send(accountAt(peer.starttls), outgoing({ text }));
      expect(verdict).toMatchObject({ outcome: 'rejected', stage: 'mail' });
      expect(verdict.sentence).toContain('the server takes at most 20000');
      expect(verdict.transcript.join('\n')).not.toContain('C: MAIL');
    });

    it.each([
      [
        'TLS from the first byte where it speaks STARTTLS',
        'implicit-tls',
        'starttls',
        /SMTP_TLS=false/,
      ],
      ['STARTTLS where it speaks TLS from the first byte', 'starttls', 'implicit', /SMTP_TLS=true/],
    ] as const)('%s', async (_name, security, at, sentence) => {
      const timeouts = { connect: 5_000, greeting: 500, command: 500, data: 500 };
      const account = accountAt(peer[at], { security, timeouts });
      const verdict = await sender.send(account, outgoing());
      expect(verdict.outcome).toBe('account-failed');
      expect(verdict.sentence).toMatch(sentence);
    });
  });
});
