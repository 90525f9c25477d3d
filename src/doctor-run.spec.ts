import type { Report } from '#doctor';
import { Laboratory } from '../test/harness/doctor.js';
import { type DoctorArguments, examineEnvironment } from './doctor-run.js';

const SECRET = 'Correct-Horse-7';
const user = { user: 'someone@acme.test', pass: SECRET };

/** The command on a `.env` of these lines. */
async function doctor(
  lab: Laboratory,
  lines: readonly string[],
  given: DoctorArguments = {},
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
    { doors: [], limits: { greeting: 1_500 } },
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
