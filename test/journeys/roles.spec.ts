import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { queueMails } from '../harness/mails.js';
import { reply, startSmtpServer } from '../harness/smtp-server.js';

describe('two processes on one PostgreSQL', () => {
  it('share the work: one answers (ROLE=api), the other delivers (ROLE=worker)', async () => {
    const database = await createTestDatabase();
    await using server = await startSmtpServer();
    const env = {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'no-reply@acme.test',
      SECRET_KEY: 'a5'.repeat(32),
      ADMIN_WEB_URL: 'http://acme.test',
    };
    const api = await startApp({ ...env, ROLE: 'api' }, database);
    const worker = await startApp({ ...env, ROLE: 'worker' }, database);
    try {
      expect(worker.url).toBe('');
      await api.http.post('/auth/register', {
        email: 'ada@example.com',
        password: 'correct horse battery staple',
      });
      const { rcpts } = await server.waitForMessage(() => true, 10_000);
      expect(rcpts).toEqual(['ada@example.com']);
    } finally {
      await api.close();
      await worker.close();
      await database.drop();
    }
  });

  it('A21: learn together that an account refuses to sign in, and leave it alone', async () => {
    const database = await createTestDatabase();
    const auth = { user: 'ada', pass: 'the right one', inClear: true };
    await using server = await startSmtpServer({ auth, script: { auth: reply(535, 'revoked') } });
    const env = {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'no-reply@acme.test',
      SMTP_USERNAME: auth.user,
      SMTP_PASSWORD: auth.pass,
      SMTP_REQUIRE_TLS: 'false',
      SECRET_KEY: 'a5'.repeat(32),
      ADMIN_WEB_URL: 'http://acme.test',
    };
    const tries = () => server.commands.filter((command) => command.startsWith('AUTH')).length;
    const api = await startApp({ ...env, ROLE: 'api' }, database);
    const workers: TestApp[] = [];
    for (let i = 0; i < 3; i += 1)
      workers.push(await startApp({ ...env, ROLE: 'worker' }, database));
    try {
      await queueMails(api, 100);
      await eventually(tries, (count) => count > 0);
      await sleep(4_000);
      // Five connections of each, begun before the first refusal was known.
      expect(tries()).toBeLessThanOrEqual(15);
      const readiness = await api.http.get('/health/ready');
      expect(readiness.body.checks.mail).toBe('failing');
    } finally {
      for (const each of [...workers, api]) await each.close();
      await database.drop();
    }
  });
});
