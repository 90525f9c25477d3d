import { startApp } from '../harness/app.js';
import { databaseKind } from '../harness/database.js';
import { firstAdmin, member } from '../harness/people.js';

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
});
