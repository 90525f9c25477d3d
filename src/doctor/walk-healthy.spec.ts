import { Laboratory, type SetUp, examined, sent } from '../../test/harness/doctor.js';
import { deliverable } from '../../test/harness/provocations/delivery.js';
import { startProxy } from '../../test/harness/proxies.js';
import {
  delay,
  reply,
  type SmtpServerOptions,
  testAuthority,
} from '../../test/harness/smtp-server.js';

const user = { user: 'someone@acme.test', pass: 'Correct-Horse-7' };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass };

const healthy: readonly [string, SmtpServerOptions, Record<string, string>][] = [
  ['STARTTLS with a password', { tls: 'starttls', auth: user }, credentials],
  ['TLS from the first byte with a password', { tls: 'implicit', auth: user }, credentials],
  ['STARTTLS, no sign-in', { tls: 'starttls' }, {}],
  ['TLS from the first byte, no sign-in', { tls: 'implicit' }, {}],
  ['a relay on this machine in clear text', { tls: 'none' }, { SMTP_OPPORTUNISTIC_TLS: 'false' }],
  ['a relay on this machine without STARTTLS, by default', { tls: 'none' }, {}],
  [
    'a sign-in in clear text on this machine',
    { tls: 'none', auth: { ...user, inClear: true } },
    { ...credentials, SMTP_OPPORTUNISTIC_TLS: 'false' },
  ],
  ['AUTH LOGIN alone', { tls: 'starttls', auth: { ...user, methods: ['LOGIN'] } }, credentials],
  [
    'AUTH CRAM-MD5 alone',
    { tls: 'starttls', auth: { ...user, methods: ['CRAM-MD5'] } },
    credentials,
  ],
  ['TLS 1.2 at most', { tls: 'implicit', maxVersion: 'TLSv1.2', auth: user }, credentials],
  [
    'a greeting of several lines after a second',
    { tls: 'starttls', script: { greeting: delay(900, reply(220, ['mx ESMTP', 'no spam'])) } },
    {},
  ],
  [
    'Postfix that does not know the sender as a recipient',
    {
      tls: 'starttls',
      script: {
        rcpt: ({ line }) =>
          line.includes('noreply') ? reply(550, '5.1.1 User unknown in local table') : undefined,
      },
    },
    {},
  ],
  [
    'a server that greylists',
    {
      tls: 'starttls',
      script: {
        rcpt: ({ line }) =>
          line.includes('noreply') ? reply(450, '4.2.0 Greylisted, try again') : undefined,
      },
    },
    {},
  ],
  [
    'a client certificate that is wanted and there',
    {
      tls: 'implicit',
      tlsOptions: { requestCert: true, rejectUnauthorized: true, ca: testAuthority().cert },
    },
    { client: 'certificate' },
  ],
  ['any certificate accepted', { tls: 'starttls' }, { SMTP_TLS_INSECURE: 'true' }],
];

async function healthySetUp(
  lab: Laboratory,
  options: SmtpServerOptions,
  { client, ...more }: Record<string, string>,
): Promise<SetUp> {
  const server = await lab.smtp(options);
  const { cert, key } = testAuthority().issue(['client.acme.test']);
  const certificate = client && {
    SMTP_TLS_CERT_FILE: lab.file('client.pem', cert),
    SMTP_TLS_KEY_FILE: lab.file('client.key', key),
  };
  const env = { SMTP_TLS: String(options.tls === 'implicit'), ...more, ...certificate };
  return { env: lab.settings(server.port, env) };
}

describe('a set-up that is in order', () => {
  it.each(healthy)('%s: no finding, and mail goes out', async (_name, options, more) => {
    await using lab = new Laboratory();
    const set = await healthySetUp(lab, options, more);
    const report = await examined(set);
    expect([report.findings, report.exitCode]).toEqual([[], 0]);
    expect((await sent(set.env)).outcome).toBe('accepted');
  });

  it.each(deliverable)('%s: nothing is said of the sender', async (_name, setUp) => {
    await using lab = new Laboratory();
    const { findings, stages } = await examined(await setUp(lab));
    expect(findings).toEqual([]);
    expect(stages.at(-1)).toMatchObject({ id: 'delivery', status: 'passed' });
  });

  it.each(healthy.slice(0, 4))('%s: the test mail arrives', async (_name, options, more) => {
    await using lab = new Laboratory();
    const server = await lab.smtp(options);
    const env = lab.settings(server.port, {
      SMTP_TLS: String(options.tls === 'implicit'),
      ...more,
    });
    const report = await examined({ env, options: { to: 'ada@acme.test' } });
    expect(report.stages.find(({ id }) => id === 'message')?.status).toBe('passed');
    expect(server.messages.map(({ rcpts }) => rcpts)).toEqual([['ada@acme.test']]);
    expect(report.target?.recipient).toBe('ada@acme.test');
  });

  it.each(['http', 'socks4a', 'socks5'] as const)(
    'through a proxy of kind %s: no finding, with STARTTLS and with TLS at once',
    async (protocol) => {
      await using lab = new Laboratory();
      await using proxy = await startProxy(protocol);
      for (const tls of ['starttls', 'implicit'] as const) {
        const server = await lab.smtp({ tls, auth: user });
        const env = lab.settings(server.port, {
          ...credentials,
          SMTP_TLS: String(tls === 'implicit'),
          SMTP_PROXY: `${protocol}://127.0.0.1:${proxy.port}`,
        });
        const report = await examined({ env });
        expect([report.findings, report.exitCode]).toEqual([[], 0]);
        expect(proxy.targets).toContain(`localhost:${server.port}`);
      }
    },
  );

  it('is connected to once, and not talked to before its greeting', async () => {
    await using lab = new Laboratory();
    const script = { greeting: delay(150) };
    const server = await lab.smtp({ tls: 'starttls', auth: user, script });
    expect((await examined({ env: lab.settings(server.port, credentials) })).ok).toBe(true);
    expect(server.connections).toHaveLength(1);
    expect(server.commands[0]).toBe('EHLO app.sender.test');
  });

  it('sends nothing unless somebody is named', async () => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'starttls', auth: user });
    await examined({ env: lab.settings(server.port, credentials) });
    expect(server.messages).toEqual([]);
    expect(server.commands.filter((line) => /^DATA|^BDAT/i.test(line))).toEqual([]);
    expect(server.commands.some((line) => line.startsWith('RSET'))).toBe(true);
  });

  it('is examined stage by stage, in order, each with its time', async () => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'starttls', auth: user });
    const { stages, target } = await examined({ env: lab.settings(server.port, credentials) });
    expect(stages.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'settings passed',
      'dns passed',
      'tcp passed',
      'tls passed',
      'ehlo passed',
      'oauth2 skipped',
      'auth passed',
      'envelope passed',
      'message skipped',
      'delivery skipped',
    ]);
    expect(target).toMatchObject({ address: '127.0.0.1', mode: 'starttls', auth: 'password' });
  });
});
