import { sql } from '#database';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { PASSWORD } from '../harness/people.js';
import {
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
  testAuthority,
} from '../harness/smtp-server.js';

/** Registers somebody against a server of this kind, and gives what became of the mail. */
async function mailBy(
  options: SmtpServerOptions,
  env: Record<string, string>,
): Promise<{ status: string; error: string | null; server: SmtpServer }> {
  const database = await createTestDatabase();
  const ca = join(database.env.DATA_DIR, '..', 'ca.pem');
  writeFileSync(ca, testAuthority().cert);
  await using server = await startSmtpServer(options);
  const app: TestApp = await startApp(
    {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'no-reply@acme.test',
      SMTP_TLS_CA_FILE: ca,
      ...env,
    },
    database,
  );
  try {
    const answer = await app.http.post('/auth/register', {
      email: 'ada@example.com',
      password: PASSWORD,
    });
    expect(answer.status).toBe(202);
    const { rows } = await eventually(
      () =>
        sql<{ status: string; error: string | null; attempts: number }>`
        select status, last_error as error, attempts from outbox`.execute(app.db),
      ({ rows }) => rows.every((row) => row.status === 'sent' || row.error !== null),
    );
    return { status: rows[0]!.status, error: rows[0]!.error, server };
  } finally {
    await app.close();
    await database.drop();
  }
}

const auth = { user: 'mailer', pass: 'canary-of-the-smtp-password' };
const credentials = { SMTP_USERNAME: auth.user, SMTP_PASSWORD: auth.pass };
const wasAuthTried = (server: SmtpServer) =>
  server.connections.some(({ commands }) => commands.some((command) => command.startsWith('AUTH')));

describe('the flags of the SMTP settings do what they say', () => {
  it('SMTP_OPPORTUNISTIC_TLS is on by default, and the mail goes over TLS', async () => {
    const { status, server } = await mailBy({ tls: 'starttls', auth }, credentials);
    expect(status).toBe('sent');
    expect(server.connections[0]?.secure).toBe(true);
    expect(server.messages[0]?.user).toBe('mailer');
  });

  it('SMTP_OPPORTUNISTIC_TLS=false speaks clear text, where it was asked for by name', async () => {
    const { status, server } = await mailBy(
      { tls: 'starttls' },
      { SMTP_OPPORTUNISTIC_TLS: 'false' },
    );
    expect(status).toBe('sent');
    expect(server.connections[0]?.secure).toBe(false);
  });

  it('F11: a password never leaves in clear when STARTTLS is not offered, and the mail waits', async () => {
    const { status, error, server } = await mailBy(
      { tls: 'none', auth: { ...auth, inClear: true } },
      credentials,
    );
    expect(status).toBe('queued');
    expect(error).toMatch(/STARTTLS/);
    expect(wasAuthTried(server)).toBe(false);
    expect(server.messages).toEqual([]);
  });

  it('F16: SMTP_CIPHER_SPEC is a floor', async () => {
    const { status, server } = await mailBy(
      { tls: 'starttls', auth, maxVersion: 'TLSv1.2' },
      { ...credentials, SMTP_CIPHER_SPEC: 'TLSv1.3' },
    );
    expect(status).toBe('queued');
    expect(wasAuthTried(server)).toBe(false);
  });

  it('F15: a certificate for another name is refused, and no password is sent', async () => {
    const { status, error, server } = await mailBy(
      { tls: 'starttls', auth, certificate: testAuthority().issue(['mail.other.test']) },
      credentials,
    );
    expect(status).toBe('queued');
    expect(error).toMatch(/certificate/i);
    expect(wasAuthTried(server)).toBe(false);
  });

  it('A07: a refused sign-in makes the mail wait and names the settings', async () => {
    const { status, error } = await mailBy(
      { tls: 'starttls', auth },
      { ...credentials, SMTP_PASSWORD: 'another-password' },
    );
    expect(status).toBe('queued');
    expect(error).toContain('SMTP_PASSWORD');
    expect(error).not.toContain('another-password');
  });
});
