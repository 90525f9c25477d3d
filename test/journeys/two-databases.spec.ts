import { startApp } from '../harness/app.js';
import { createTestDatabase, databaseKind } from '../harness/database.js';
import { firstAdmin, member } from '../harness/people.js';
import { startSmtpServer } from '../harness/smtp-server.js';

describe('two databases, one program', () => {
  it('the same journey ends the same way on the database of this run', async () => {
    const app = await startApp();
    try {
      expect(app.server.ground.connection.kind).toBe(databaseKind);
      const { user } = await member(app, 'Ada@Example.COM');
      expect(user.email).toBe('ada@example.com');
      const { accessToken: token } = await firstAdmin(app);
      const mails = await app.http.get('/admin/mails', { token });
      expect(mails.body.items.map(({ status }: { status: string }) => status)).toEqual([
        'sent',
        'sent',
      ]);
    } finally {
      await app.close();
    }
  });

  const onPostgresql = databaseKind === 'postgresql' ? it : it.skip;
  onPostgresql(
    'PostgreSQL: one process answers (ROLE=api), another delivers (ROLE=worker)',
    async () => {
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
    },
  );
});
