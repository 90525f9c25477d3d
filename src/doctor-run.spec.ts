import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, type Names, type Report } from '#doctor';
import { Laboratory } from '../test/harness/doctor.js';
import { startProxy } from '../test/harness/proxies.js';
import { reply, type SmtpServerOptions, testAuthority } from '../test/harness/smtp-server.js';
import { type DoctorArguments, examineEnvironment } from './doctor-run.js';

const SECRET = 'Correct-Horse-7';
const user = { user: 'someone@acme.test', pass: SECRET };

/** The command on a `.env` of these lines. */
async function doctor(
  lab: Laboratory,
  lines: readonly string[],
  given: DoctorArguments = {},
  names?: Names,
): Promise<{ code: number; text: string; progress: string[] }> {
  const dotenvPath = lab.file('.env', lines.join('\n'));
  let text = '';
  const progress: string[] = [];
  const code = await examineEnvironment(
    { env: {}, dotenvPath },
    given,
    {
      write: (more) => (text += more),
      progress: (line) => progress.push(line),
      colour: false,
    },
    { doors: [], limits: { greeting: 1_500 }, ...(names && { names }) },
  );
  return { code, text, progress };
}

const lines = (lab: Laboratory, port: number, ...more: string[]): string[] =>
  Object.entries(lab.settings(port))
    .map(([name, value]) => `${name}=${value}`)
    .concat(more);

it('shows a wrong mode with the line that is wrong and the one that would be right', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls' });
  const { code, text, progress } = await doctor(lab, lines(lab, server.port, 'SMTP_TLS=true'));
  expect(code).toBe(4);
  expect(text).toMatch(/FAIL {2}tls +the server speaks plain text on this port/);
  expect(text).toContain('error[TLS_MODE_IMPLICIT_ON_PLAIN]');
  expect(text).toContain('--> .env:6');
  expect(text).toMatch(/6 - SMTP_TLS=true\n *6 \+ SMTP_TLS=false/);
  expect(text).toMatch(/verified, not guessed/);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  expect(progress).toContain('  ...   tls');
  expect(progress.at(-1)).toBe('');
});

it('gives programs the report alone, and its exit code', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls', auth: user });
  const signIn = [`SMTP_USERNAME=${user.user}`, `SMTP_PASSWORD=${SECRET}`];
  const { code, text } = await doctor(lab, lines(lab, server.port, ...signIn), { json: true });
  const report = JSON.parse(text) as Report;
  expect([code, report.schema, report.ok]).toEqual([0, 'smtp-doctor/1', true]);
  expect(report.settings.find(({ name }) => name === 'SMTP_PASSWORD')).toMatchObject({
    secret: true,
    length: SECRET.length,
    source: '.env:7',
  });
  expect(text).not.toContain(SECRET);
});

it('ends with the settings where they are at fault, and tells each without a packet', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp();
  const { code, text } = await doctor(lab, lines(lab, server.port, 'SMTP_USER=me', 'SMTP_TLS=ja'));
  expect(code).toBe(2);
  expect(text).toContain('[SETTING_UNKNOWN]');
  expect(text).toContain('[BOOLEAN_SPELLING]');
  expect(server.connections).toEqual([]);
});

it('says that no server is named', async () => {
  await using lab = new Laboratory();
  const { code, text } = await doctor(lab, ['APP_NAME=Acme']);
  expect(code).toBe(2);
  expect(text).toContain('[HOST_MISSING]');
});

it('shows what was said on the wire to who asks, the password never', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls', auth: { ...user, pass: 'another' } });
  const signIn = [`SMTP_USERNAME=${user.user}`, `SMTP_PASSWORD=${SECRET}`];
  const given = lines(lab, server.port, ...signIn);
  const { code, text } = await doctor(lab, given, { transcript: true });
  expect(code).toBe(6);
  expect(text).toMatch(/\d+ C: AUTH PLAIN \*\*\*\n +\d+ S: 535 5\.7\.8 authentication failed/);
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 12));
});

it('counts warnings only for who is strict', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls' });
  const given = lines(lab, server.port, 'SMTP_TLS_INSECURE=true');
  expect((await doctor(lab, given)).code).toBe(0);
  expect((await doctor(lab, given, { strict: true })).code).toBe(9);
});

it('sends the test mail, and says what that does not prove', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'implicit' });
  const given = lines(lab, server.port, 'SMTP_TLS=true');
  const { code, text } = await doctor(lab, given, { to: 'ada@acme.test' });
  expect([code, server.messages.length]).toEqual([0, 1]);
  expect(text).toMatch(/Acceptance is not\s+delivery/);
});

it('gives up when its time is over', async () => {
  await using lab = new Laboratory();
  const silent = await lab.listener(() => {});
  const began = performance.now();
  const { code } = await doctor(lab, lines(lab, silent), { timeout: 0.5 });
  expect(code).toBe(3);
  expect(performance.now() - began).toBeLessThan(1_500);
});

describe('a port with a custom', () => {
  it('is examined all the same, and what the server does decides', async () => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'starttls', port: 2587 });
    const { code, text } = await doctor(lab, lines(lab, server.port, 'SMTP_TLS=true'));
    expect(code).toBe(4);
    expect(text).toMatch(/FAIL {2}tls/);
    expect(text).toMatch(/verified, not guessed/);
  });

  it('may be used otherwise where the server differs, which has to be allowed by name', async () => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'implicit', port: 2587 });
    const given = lines(lab, server.port, 'SMTP_TLS=true');
    const { code, text } = await doctor(lab, given, { json: true });
    const { findings } = JSON.parse(text) as Report;
    expect(code).toBe(4);
    expect(findings[0]?.fix).toMatchObject({
      applicability: 'verified',
      set: { SMTP_TLS_ANY_PORT: 'true' },
    });
    expect((await doctor(lab, [...given, 'SMTP_TLS_ANY_PORT=true'])).code).toBe(0);
  });
});

describe('The runs in the README', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
  const [, chapter = ''] = /^## When mail does not arrive\n([\s\S]*?)^## /m.exec(page) ?? [];

  /** What stands below this command, as far as it is indented. */
  function shown(command: string, after: string): string {
    const [, block = ''] = chapter.slice(chapter.indexOf(after)).split(`    $ ${command}\n`);
    return timeless(block.slice(0, block.search(/^\S/m)).replaceAll(/^ {4}/gm, ''));
  }

  /** Times, dates and free ports are each run's own; a time of 0 ms is not shown. */
  const timeless = (text: string): string =>
    text
      .replaceAll(/\s+\b\d+(?:\.\d+)? m?s$/gm, '')
      .replaceAll(/\b\d+ ms\b/g, '0 ms')
      .replaceAll(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:0')
      .replaceAll(/\b\d{4}-\d{2}-\d{2}\b/g, '0000-00-00')
      .trim();

  /** What DNS has of the sender. */
  const zone = {
    'acme.test': { TXT: ['v=spf1 mx -all'], MX: ['mx.acme.test'] },
    '_dmarc.acme.test': { TXT: ['v=DMARC1; p=reject'] },
  };

  /** Against a server that says what the one of this provider does: a proxy leads there. */
  async function runAt(
    host: string,
    password: string,
    options: SmtpServerOptions,
    given: DoctorArguments = {},
  ): Promise<{ code: number; text: string }> {
    await using lab = new Laboratory();
    const certificate = testAuthority().issue([host]);
    const { port } = await lab.smtp({ tls: 'starttls', certificate, ...options });
    const names = { [host]: '127.0.0.1' };
    await using proxy = await startProxy('http', { names, ports: { 587: port } });
    const env = {
      SMTP_HOST: host,
      SMTP_PORT: '587',
      SMTP_OPPORTUNISTIC_TLS: 'true',
      SMTP_USERNAME: options.auth?.user,
      SMTP_PASSWORD: password,
      SMTP_SENDER: 'no-reply@acme.test',
      SMTP_PROXY: `http://127.0.0.1:${proxy.port}`,
      SMTP_TLS_CA_FILE: lab.file('ca.pem', testAuthority().cert),
    };
    const dotenv = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const dns = await lab.dns(zone);
    const { code, text } = await doctor(lab, dotenv, given, dns.names());
    expect(text).not.toContain(password);
    return { code, text: timeless(text) };
  }

  it('show a wrong mode, as a run does', async () => {
    await using lab = new Laboratory();
    const host = 'smtp.acme.test';
    const certificate = testAuthority().issue([host]);
    await lab.smtp({ tls: 'starttls', auth: user, port: 2587, certificate });
    const dns = await lab.dns({ ...zone, [host]: { A: ['127.0.0.1'] } });
    const dotenv = [
      `SMTP_HOST=${host}`,
      'SMTP_PORT=2587',
      'SMTP_TLS=true',
      'SMTP_SENDER=no-reply@acme.test',
      `SMTP_TLS_CA_FILE=${lab.file('ca.pem', testAuthority().cert)}`,
    ];
    const { code, text } = await doctor(lab, dotenv, {}, dns.names());
    expect(code).toBe(4);
    expect(timeless(text)).toBe(shown('gatepost doctor', 'A wrong mode'));
  });

  it('show a refused login, as a run does', async () => {
    const { code, text } = await runAt('smtp.gmail.com', 'Correct-42!', {
      auth: { user: 'no-reply@acme.test', pass: 'another' },
      script: {
        greeting: reply(220, 'smtp.gmail.com ESMTP 5b1f17b1804b1-45b6f3 - gsmtp'),
        auth: reply(535, [
          '5.7.8 Username and Password not accepted. For more information, go to',
          '5.7.8  https://support.google.com/mail/?p=BadCredentials - gsmtp',
        ]),
      },
    });
    expect(code).toBe(6);
    expect(text).toBe(shown('gatepost doctor', 'A refused login'));
  });

  it('show that everything works and no mail arrives, as a run does', async () => {
    // of the form that Amazon gives
    const password = `B${'A1b2C3d4E5'.repeat(4)}x+/`;
    const { code, text } = await runAt(
      'email-smtp.eu-west-1.amazonaws.com',
      password,
      {
        auth: { user: 'AKIAIOSFODNN7EXAMPLE', pass: password },
        script: {
          greeting: reply(220, 'email-smtp.amazonaws.com ESMTP SimpleEmailService-d-AB12 x'),
          dot: reply(
            554,
            'Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: ada@example.org',
          ),
        },
      },
      { to: 'ada@example.org' },
    );
    expect(code).toBe(7);
    expect(text).toBe(shown('gatepost doctor --to ada@example.org', 'no mail arrives'));
  });

  it('stand beside codes that can be explained', () => {
    const isSetting = /^(?:SMTP|MAIL|ERR)_/;
    const words = [...chapter.matchAll(/`([A-Z0-9]+_[A-Z0-9_]+)`/g)].map(([, word = '']) => word);
    const codes = words.filter((word) => !isSetting.test(word));
    expect(codes).not.toHaveLength(0);
    expect(codes.filter((code) => !explain(code).found)).toEqual([]);
  });
});
