import { sql } from '#database';
import { FirstAdmin } from '#user';
import { Housekeeping } from '../../src/auth/housekeeping.service.js';
import { startApp, type TestApp } from '../harness/app.js';
import { firstAdmin, member, PASSWORD, type Session } from '../harness/people.js';

let app: TestApp;
let admin: Session;
beforeAll(async () => {
  app = await startApp();
  admin = await firstAdmin(app);
});
afterAll(() => app?.close());

const login = async (email: string) =>
  (await app.http.post('/auth/login', { email, password: PASSWORD })).body as Session;
const refresh = (refreshToken: unknown) => app.http.post('/auth/refresh', { refreshToken });
const me = async (token: string) => (await app.http.get('/users/me', { token })).status;
const administer = (id: string, change: object) =>
  app.http.patch(`/admin/users/${id}`, change, { token: admin.accessToken });

describe('a session', () => {
  it('D42: is renewed by its refresh token, which is good once', async () => {
    const first = await member(app, 'ada@example.com');
    const second = await refresh(first.refreshToken);
    expect([second.status, second.body.user.id]).toEqual([200, first.user.id]);
    expect(second.body.refreshToken).not.toBe(first.refreshToken);
    expect(await me(second.body.accessToken)).toBe(200);

    const reused = await refresh(first.refreshToken);
    expect([reused.status, reused.body.code]).toEqual([401, 'invalid-refresh-token']);
    expect((await refresh(second.body.refreshToken)).status).toBe(401);
    expect(await me(second.body.accessToken)).toBe(401);
    expect(await me(first.accessToken)).toBe(401);
  });

  it('D42: does not fork when twenty renew it at once', async () => {
    const bystander = await member(app, 'twenty@example.com');
    const { refreshToken } = await login('twenty@example.com');
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { body } of won) {
      expect(await me(body.accessToken)).toBe(401);
      expect((await refresh(body.refreshToken)).status).toBe(401);
    }
    expect(await me(bystander.accessToken)).toBe(200);
  });

  it('D41: is ended by logout, at once, and no other one with it', async () => {
    const here = await member(app, 'leaver@example.com');
    const there = await login('leaver@example.com');
    expect(there.accessToken).not.toBe(here.accessToken);
    const logout = (refreshToken: string) => app.http.post('/auth/logout', { refreshToken });
    expect((await logout(here.refreshToken)).status).toBe(204);
    expect(await me(here.accessToken)).toBe(401);
    expect((await refresh(here.refreshToken)).status).toBe(401);
    expect(await me(there.accessToken)).toBe(200);
    expect((await logout('unknown')).status).toBe(204);
  });

  it('lasts thirty days from its last renewal', async () => {
    const { refreshToken } = await member(app, 'monthly@example.com');
    await app.clock.advance('29 days');
    const renewed = await refresh(refreshToken);
    expect(renewed.status).toBe(200);
    await app.clock.advance('29 days');
    const again = await refresh(renewed.body.refreshToken);
    expect(again.status).toBe(200);
    await app.clock.advance('30 days');
    expect((await refresh(again.body.refreshToken)).status).toBe(401);
    admin = await login('admin@example.com');
  });

  it('ends when its user is disabled, and does not come back with him', async () => {
    const session = await member(app, 'barred@example.com');
    expect((await administer(session.user.id, { status: 'disabled' })).body.status).toBe(
      'disabled',
    );
    expect(await me(session.accessToken)).toBe(401);
    const credentials = { email: 'barred@example.com', password: PASSWORD };
    expect((await app.http.post('/auth/login', credentials)).body.code).toBe('invalid-credentials');

    await administer(session.user.id, { status: 'active' });
    expect(await me(session.accessToken)).toBe(401);
    expect((await refresh(session.refreshToken)).status).toBe(401);
    expect(await me((await login('barred@example.com')).accessToken)).toBe(200);
  });

  it('has the role of now, not that of when its token was made', async () => {
    const { accessToken: token, user } = await member(app, 'promoted@example.com');
    const list = async () => (await app.http.get('/admin/users', { token })).status;
    expect(await list()).toBe(403);
    await administer(user.id, { role: 'admin' });
    expect(await list()).toBe(200);
    await administer(user.id, { role: 'member' });
    expect(await list()).toBe(403);
  });

  it('D40: is not opened by what only looks like a token', async () => {
    const { accessToken } = await member(app, 'forged@example.com');
    const [, payload, signature] = accessToken.split('.');
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const token of [
      `${header({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      `${header({ alg: 'HS256', typ: 'at+jwt', kid: '../../etc/passwd' })}.${payload}.${signature}`,
      `${accessToken.slice(0, -3)}AAA`,
      'x'.repeat(10_000),
    ])
      expect(await me(token)).toBe(401);
    for (const authorization of ['', 'Bearer', 'Basic YTpi', `bearer  ${accessToken}`, accessToken])
      expect((await app.http.get('/users/me', { headers: { authorization } })).status).toBe(401);
    const query = await app.http.get(`/users/me?access_token=${accessToken}`);
    expect(query.status).toBe(401);
    expect(query.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a profile', () => {
  it('is changed by its owner: name and language, nothing else', async () => {
    const { accessToken: token, user } = await member(app, 'profile@example.com');
    const change = (body: object) => app.http.patch('/users/me', body, { token });
    const changed = await change({ name: '  Ada Lovelace ', locale: 'pt-br' });
    expect(changed.body).toMatchObject({ id: user.id, name: 'Ada Lovelace', locale: 'pt-BR' });
    expect((await change({ name: null })).body).toMatchObject({ name: null, locale: 'pt-BR' });
    for (const body of [
      { role: 'admin' },
      { status: 'active' },
      { email: 'other@example.com' },
      { password_hash: 'x' },
      { name: 'a\u0000b' },
      { name: 'two\r\nlines' },
      { locale: '../../etc/passwd' },
    ])
      expect((await change(body)).body.code).toBe('validation-failed');
    expect((await app.http.get('/users/me', { token })).body).toMatchObject({ role: 'member' });
  });
});

describe('D47: the last admin', () => {
  it('can neither be demoted nor disabled, not even by two who do it to each other', async () => {
    expect((await administer(admin.user.id, { role: 'member' })).body.code).toBe('last-admin');
    expect((await administer(admin.user.id, { status: 'disabled' })).body.code).toBe('last-admin');

    const { user, ...other } = await member(app, 'second@example.com');
    for (let round = 0; round < 5; round++) {
      await administer(user.id, { role: 'admin' });
      const demote = (id: string, token: string) =>
        app.http.patch(`/admin/users/${id}`, { role: 'member' }, { token });
      const answers = await Promise.all([
        demote(admin.user.id, other.accessToken),
        demote(user.id, admin.accessToken),
      ]);
      const left = [admin.accessToken, other.accessToken].map(async (token) => {
        const { status } = await app.http.get('/admin/users', { token });
        return status === 200 ? token : undefined;
      });
      const [token] = (await Promise.all(left)).filter((token) => token !== undefined);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(token).toBeDefined();
      // As it was, for the next round.
      await app.http.patch(`/admin/users/${admin.user.id}`, { role: 'admin' }, { token: token! });
    }
  });

  it('can not give a role to an address that nobody has proved', async () => {
    const email = 'unproved@example.com';
    await app.http.post('/auth/register', { email, password: PASSWORD });
    const { items } = (await app.http.get('/admin/users', { token: admin.accessToken })).body;
    const { id } = items.find((user: { email: string }) => user.email === email);
    for (const change of [{ role: 'admin' }, { status: 'active' }, { status: 'disabled' }])
      expect((await administer(id, change)).body.code).toBe('not-verified');
  });
});

describe('the list of users', () => {
  it('E19: is paged without losing or repeating anybody', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const path = `/admin/users?limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await app.http.get(path, { token: admin.accessToken });
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ email }: { email: string }) => email));
      cursor = body.nextCursor ?? '';
    } while (cursor);
    const all = await app.http.get('/admin/users?limit=100', { token: admin.accessToken });
    expect(seen).toEqual(all.body.items.map(({ email }: { email: string }) => email));
    expect(all.text).not.toMatch(/argon2|hash/);
    for (const query of ['limit=1e9', 'limit=0', 'cursor=x', 'sort=id;drop', 'limit=1&limit=2'])
      expect(
        (await app.http.get(`/admin/users?${query}`, { token: admin.accessToken })).status,
      ).toBe(400);
  });
});

describe('D47: the bootstrap', () => {
  it('invites once when five processes start at the same moment', async () => {
    const fresh = await startApp();
    await sql`delete from invitations`.execute(fresh.db);
    const service = fresh.server.app.get(FirstAdmin, { strict: false });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => service.ensure()));
    expect(outcomes.sort()).toEqual(['invited', ...Array.from({ length: 4 }, () => 'not-needed')]);
    await fresh.close();
  });
});

describe('D29: the housekeeping', () => {
  it('frees an address that nobody verified for a month, and keeps what is alive', async () => {
    const fresh = await startApp();
    const { refreshToken } = await member(fresh, 'kept@example.com');
    await fresh.clock.advance('20 days');
    const renewed = await fresh.http.post('/auth/refresh', { refreshToken });
    const stale = { email: 'stale@example.com', password: PASSWORD };
    await fresh.http.post('/auth/register', stale);
    await fresh.clock.advance('20 days');
    await fresh.http.post('/auth/register', { ...stale, email: 'recent@example.com' });
    await fresh.clock.advance('9 days 23 hours');

    const tidy = () => fresh.server.app.get(Housekeeping, { strict: false }).tidy();
    const counts = async () => {
      const { rows } = await sql<Record<string, number>>`
        select (select count(*)::int from users) as users,
          (select count(*)::int from sessions) as sessions,
          (select count(*)::int from refresh_tokens) as "refreshTokens",
          (select count(*)::int from one_time_tokens where purpose = 'verification-code') as codes
      `.execute(fresh.db);
      return rows[0];
    };
    expect(await counts()).toEqual({ users: 3, sessions: 1, refreshTokens: 2, codes: 3 });
    await tidy();
    expect(await counts()).toEqual({ users: 3, sessions: 1, refreshTokens: 2, codes: 0 });
    await fresh.clock.advance('1 day');
    const again = await fresh.http.post('/auth/refresh', {
      refreshToken: renewed.body.refreshToken,
    });
    expect(again.status).toBe(401);
    await tidy();
    expect(await counts()).toMatchObject({ users: 2 });
    await fresh.close();
  });
});
