import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { SmtpSender } from './smtp-sender.service.js';
import type { Verdict } from './verdict.js';
import {
  createAuthority,
  EXPIRED,
  NOT_YET_VALID,
  selfSigned,
} from '../../test/harness/certificates.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  drop,
  garbage,
  reply,
  type SmtpServerOptions,
  startSmtpServer,
  testAuthority,
} from '../../test/harness/smtp-server.js';

const auth = { user: 'robot', pass: 'canary-4711' };
let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => {
  await sender.close();
  Logger.overrideLogger(false);
});

type Overrides = Parameters<typeof accountFor>[1];

/** One attempt; whatever goes wrong, neither sign-in nor envelope may have left. */
async function refusedBy(options: SmtpServerOptions, overrides?: Overrides): Promise<Verdict> {
  await using server = await startSmtpServer({ auth: { ...auth, inClear: true }, ...options });
  const verdict = await sender.send(accountFor(server, overrides), outgoing());
  expect(verdict.outcome).toBe('account-failed');
  expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL|RCPT/);
  expect(server.messages).toEqual([]);
  return verdict;
}

describe.each(['starttls', 'implicit'] as const)('A27, F15, F16: %s', (tls) => {
  it('delivers, and names the host it expects', async () => {
    await using server = await startSmtpServer({ tls, auth });
    const verdict = await sender.send(accountFor(server), outgoing());
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]).toMatchObject({
      user: 'robot',
      tls: { version: 'TLSv1.3', servername: 'localhost' },
    });
  });

  it.each([
    ['expired', testAuthority().issue(['localhost'], EXPIRED), /has expired/],
    ['not yet valid', testAuthority().issue(['localhost'], NOT_YET_VALID), /not valid yet/],
    ['for another name', testAuthority().issue(['mail.example.com']), /for another name than/],
    ['for any name', testAuthority().issue(['*']), /for another name than/],
    [
      'of an unknown authority',
      createAuthority('Nobody knows me').issue(['localhost']),
      /SMTP_TLS_CA_FILE/,
    ],
    [
      'forged in the name of a known one',
      createAuthority().issue(['localhost']),
      /SMTP_TLS_CA_FILE/,
    ],
    ['signed by itself', selfSigned(['localhost']), /SMTP_TLS_CA_FILE/],
  ])('refuses a certificate that is %s', async (_name, certificate, sentence) => {
    const verdict = await refusedBy({ tls, certificate });
    expect(verdict).toMatchObject({ stage: 'tls', sentence: expect.stringMatching(sentence) });
  });

  // RFC 9525 section 6.3: one label, the whole of it, the leftmost; never a whole top-level domain
  it.each([
    ['mail.example.com', '*.example.com', true],
    ['a.mail.example.com', '*.example.com', false],
    ['example.com', '*.example.com', false],
    ['mail.eu.example.com', 'mail.*.example.com', false],
    ['example.com', '*.com', false],
  ])('F15: for %s a certificate for %s is good: %s', async (servername, name, isGood) => {
    const certificate = testAuthority().issue([name]);
    if (!isGood) {
      const { sentence } = await refusedBy({ tls, certificate }, { tls: { servername } });
      return expect(sentence).toContain(`is for another name than ${servername}`);
    }
    await using server = await startSmtpServer({ tls, auth, certificate });
    const account = accountFor(server, { tls: { servername } });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
  });

  it('F15: an address needs a certificate for the address', async () => {
    const certificate = testAuthority().issue(['localhost']);
    const verdict = await refusedBy({ tls, certificate }, { host: '127.0.0.1' });
    expect(verdict.stage).toBe('tls');
    expect(verdict.sentence).toContain('is for another name than 127.0.0.1');
  });

  it('F15: an authority of one account counts for no other', async () => {
    const authority = createAuthority('Corporate CA');
    const certificate = authority.issue(['localhost']);
    await using server = await startSmtpServer({ tls, auth, certificate });
    const own = accountFor(server, { tls: { ca: authority.cert } });
    expect((await sender.send(own, outgoing())).outcome).toBe('accepted');
    const other = accountFor(server, { tls: { ca: undefined } });
    expect(await sender.send(other, outgoing())).toMatchObject({ stage: 'tls' });
  });

  it('F16: refuses a cipher that hides nothing', async () => {
    const ciphers = 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0';
    const verdict = await refusedBy({ tls, maxVersion: 'TLSv1.2', ciphers });
    expect(verdict.stage).toBe('tls');
    expect(verdict.sentence).toMatch(/no TLS cipher in common/);
  });

  describe('a server that wants a certificate of the client', () => {
    const wanting = { tls, auth, wantsClientCertificate: true };

    it('gets it', async () => {
      await using server = await startSmtpServer(wanting);
      const client = testAuthority().issue(['gatepost']);
      const verdict = await sender.send(accountFor(server, { tls: client }), outgoing());
      expect(verdict.outcome).toBe('accepted');
      expect(server.messages[0]?.tls?.client).toBe('CN=gatepost');
    });

    it.each(['TLSv1.2', undefined] as const)('is told from others (%s)', async (maxVersion) => {
      const verdict = await refusedBy({ ...wanting, ...(maxVersion && { maxVersion }) });
      expect(verdict.stage).toBe('tls');
      expect(verdict.sentence).toMatch(/wants a client certificate.*SMTP_TLS_CERT_FILE/);
    });
  });

  it('refuses TLS that is too old', async () => {
    const verdict = await refusedBy({ tls, maxVersion: 'TLSv1.1' });
    expect(verdict).toMatchObject({ stage: 'tls', sentence: expect.stringMatching(/TLSv1\.2/) });
  });

  it('refuses TLS below the floor of the settings', async () => {
    const verdict = await refusedBy(
      { tls, maxVersion: 'TLSv1.2' },
      { tls: { minVersion: 'TLSv1.3' } },
    );
    expect(verdict).toMatchObject({ stage: 'tls', sentence: expect.stringMatching(/TLSv1\.3/) });
  });

  it('checks the name of SMTP_TLS_SERVERNAME instead of the host', async () => {
    const certificate = testAuthority().issue(['mail.example.com']);
    await using server = await startSmtpServer({ tls, auth, certificate });
    const account = accountFor(server, { tls: { servername: 'mail.example.com' } });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages[0]?.tls?.servername).toBe('mail.example.com');
  });

  it('checks an address against the certificate where the host is one', async () => {
    await using server = await startSmtpServer({ tls, auth });
    const account = accountFor(server, { host: '127.0.0.1' });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
  });

  it('takes any certificate with SMTP_TLS_INSECURE, and warns at each new connection', async () => {
    const warnings: string[] = [];
    Logger.overrideLogger({ log() {}, error() {}, warn: (text: string) => warnings.push(text) });
    await using server = await startSmtpServer({ tls, auth, certificate: selfSigned(['x']) });
    const account = accountFor(server, { tls: { ca: undefined, insecure: true } });
    for (let n = 0; n < 2; n += 1)
      expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    server.dropConnections('rst');
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(warnings).toEqual(
      Array(2).fill(expect.stringMatching(/without checking its certificate: SMTP_TLS_INSECURE/)),
    );
  });

  it('uses the cipher it is told to', async () => {
    await using server = await startSmtpServer({ tls, auth, maxVersion: 'TLSv1.2' });
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256';
    const verdict = await sender.send(accountFor(server, { tls: { ciphers } }), outgoing());
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]?.tls?.cipher).toBe(ciphers);
  });
});

describe('STARTTLS that is taken away', () => {
  it('F11: is not offered: nothing leaves in clear', async () => {
    const verdict = await refusedBy({ tls: 'none' }, { security: 'starttls', requireTls: true });
    expect(verdict).toMatchObject({ stage: 'tls', replyCode: 502 });
    expect(verdict.sentence).toMatch(/offers no encryption/);
  });

  it.each([
    ['refused', reply(454, '4.7.0 TLS not available'), { stage: 'tls', replyCode: 454 }],
    ['cut off', drop(), { stage: 'tls' }],
    ['promised, and then plain text goes on', garbage('220 go ahead\r\n'), { stage: 'tls' }],
  ])('F12: is %s', async (_name, starttls, expected) => {
    const verdict = await refusedBy({ tls: 'starttls', script: { starttls } });
    expect(verdict).toMatchObject(expected);
  });

  it('F12: is refused though offered: not even where clear text is allowed', async () => {
    const script = { starttls: reply(454, '4.7.0 TLS not available') };
    await refusedBy({ tls: 'starttls', script }, { requireTls: false });
  });

  it('goes on in clear only where that is allowed', async () => {
    await using server = await startSmtpServer({ tls: 'none' });
    const account = accountFor(server, { security: 'starttls', requireTls: false });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages[0]?.tls).toBeUndefined();
  });

  it('F13: believes nothing that came before the handshake (CVE-2011-0411)', async () => {
    const injected = '220 go ahead\r\n250-evil.test\r\n250 AUTH CRAM-MD5\r\n235 signed in';
    const script = { starttls: reply(220, injected) };
    await using server = await startSmtpServer({ tls: 'starttls', auth, script });
    const verdict = await sender.send(accountFor(server), outgoing());
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]?.user).toBe('robot');
  });

  it('F14: believes the capabilities of after the handshake only', async () => {
    const script = {
      ehlo: ({ secure }: { secure: boolean }) =>
        secure ? undefined : reply(250, ['sink', 'STARTTLS', 'SIZE 10', 'AUTH CRAM-MD5']),
    };
    await using server = await startSmtpServer({ tls: 'starttls', auth, script });
    expect((await sender.send(accountFor(server), outgoing())).outcome).toBe('accepted');
  });
});

describe('A05, A27: a port of the other kind', () => {
  it('answers in clear where TLS is expected', async () => {
    const verdict = await refusedBy({ tls: 'none' }, { security: 'implicit-tls' });
    expect(verdict).toMatchObject({
      stage: 'tls',
      sentence: expect.stringMatching(/SMTP_TLS=false/),
    });
  });

  it('waits for TLS where a greeting is expected', async () => {
    const verdict = await refusedBy({ tls: 'implicit' }, { security: 'starttls' });
    expect(verdict).toMatchObject({
      stage: 'greeting',
      sentence: expect.stringMatching(/SMTP_TLS=true/),
    });
  });

  it.each(['starttls', 'implicit-tls'] as const)('never shakes hands: %s', async (security) => {
    const stalled = createServer((socket) => {
      socket.on('error', () => {});
      if (security === 'starttls') socket.write('220 x\r\n');
      socket.on('data', (chunk) => {
        if (chunk.includes('EHLO')) socket.write('250-x\r\n250 STARTTLS\r\n');
        if (chunk.includes('STARTTLS')) socket.write('220 go\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(stalled, 'listening');
    const { port } = stalled.address() as AddressInfo;
    const place = { port, options: { tls: 'implicit' as const }, ca: testAuthority().cert };
    const verdict = await sender.send(accountFor(place, { security }), outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tls' });
    expect(verdict.durationMs).toBeLessThan(3_000);
    stalled.close();
  });
});
