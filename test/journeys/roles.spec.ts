import { startApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { startSmtpServer } from '../harness/smtp-server.js';

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
});
