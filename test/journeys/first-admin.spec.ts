import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { firstAdmin, member, tokenIn } from '../harness/people.js';

describe('the first admin', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('finds an invitation in the inbox of a fresh start, and becomes admin by it', async () => {
    const session = await firstAdmin(app);
    expect(session.user).toMatchObject({
      email: 'admin@example.com',
      role: 'admin',
      status: 'active',
    });
    const users = await app.http.get('/admin/users', { token: session.accessToken });
    expect(users.status).toBe(200);
  });

  it('invites a colleague, who is a member and may not manage anybody', async () => {
    const admin = await app.http.post('/auth/login', {
      email: 'admin@example.com',
      password: 'correct horse battery staple',
    });
    const invited = await app.http.post(
      '/admin/invitations',
      { email: 'grace@example.com', role: 'member' },
      { token: admin.body.accessToken },
    );
    expect(invited.status).toBe(201);
    const { links } = await app.inbox.waitFor('grace@example.com');
    const joined = await app.http.post('/invitations/accept', {
      token: tokenIn(links),
      password: 'another fine long password',
    });
    expect(joined.body.user.role).toBe('member');
    const users = await app.http.get('/admin/users', { token: joined.body.accessToken });
    expect(users.status).toBe(403);
  });
});

describe('D47: the bootstrap', () => {
  it('makes one invitation, however often and however many processes start', async () => {
    const database = await createTestDatabase();
    try {
      const first = await startApp({}, database);
      await first.inbox.waitFor('admin@example.com');
      await first.close();
      const second = await startApp({}, database);
      await member(second, 'ada@example.com');
      expect(await second.inbox.mailsTo('admin@example.com')).toEqual([]);
      await second.close();
    } finally {
      await database.drop();
    }
  });

  it('invites nobody when an admin is there already', async () => {
    const database = await createTestDatabase();
    try {
      const first = await startApp({}, database);
      await firstAdmin(first);
      await first.close();
      const second = await startApp({ FIRST_ADMIN_EMAIL: 'other@example.com' }, database);
      await member(second, 'ada@example.com');
      expect(await second.inbox.mailsTo('other@example.com')).toEqual([]);
      await second.close();
    } finally {
      await database.drop();
    }
  });
});
