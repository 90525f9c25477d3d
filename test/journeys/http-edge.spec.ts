import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { firstAdmin, member, PASSWORD, type Session } from '../harness/people.js';

let app: TestApp;
let admin: Session;
let somebody: Session;
beforeAll(async () => {
  app = await startApp();
  admin = await firstAdmin(app);
  somebody = await member(app, 'somebody@example.com');
});
afterAll(() => app?.close());

/** Sends the path as it is written; `fetch` would tidy it up. */
async function statusOfRaw(path: string, token: string): Promise<number> {
  const { hostname, port } = new URL(app.url);
  const headers = { authorization: `Bearer ${token}` };
  const sent = request({ hostname, port, path, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode!;
}

interface Operation {
  method: string;
  path: string;
  needsSession: boolean;
}

/** Every call that OpenAPI knows, an id in its path. */
async function operations(): Promise<Operation[]> {
  const { body } = await app.http.get('/openapi.json');
  return Object.entries<Record<string, { security?: unknown }>>(body.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/, crypto.randomUUID()),
        needsSession: security !== undefined,
      })),
  );
}

describe('E20: every call for admins', () => {
  it('is refused to strangers and members, and changes nothing', async () => {
    const guarded = (await operations()).filter(({ path }) => path.startsWith('/admin/'));
    expect(guarded.length).toBeGreaterThan(8);
    for (const { method, path } of guarded) {
      const call = (token?: string) => app.http.call(method, path, undefined, { token });
      expect([path, (await call()).status]).toEqual([path, 401]);
      expect([path, (await call(somebody.accessToken)).status]).toEqual([path, 403]);
    }
  });

  it('E15: is refused however its path is written', async () => {
    for (const path of [
      '/ADMIN/users',
      '/admin/users/',
      '//admin/users',
      '/admin//users',
      '/./admin/users',
      '/users/../admin/users',
      '/%61dmin/users',
      '/admin%2fusers',
      '/admin/users;a=b',
      '/admin/users%00',
      '/admin\\users',
    ]) {
      const status = await statusOfRaw(path, somebody.accessToken);
      expect([path, [401, 403, 404].includes(status)]).toEqual([path, true]);
    }
  });
});

describe('E16: every call', () => {
  it('knows its own methods and no other, and never answers a failure of ours', async () => {
    for (const { path, needsSession } of await operations()) {
      for (const method of ['PUT', 'OPTIONS', 'PROPFIND']) {
        const answer = await app.http.call(method, path, undefined, { token: admin.accessToken });
        expect([method, path, answer.status]).toEqual([method, path, 405]);
        expect(answer.headers.get('allow')).toBeTruthy();
      }
      const head = await app.http.call('HEAD', path, undefined);
      expect(head.status).toBeLessThan(needsSession ? 406 : 500);
    }
    const { items } = (await app.http.get('/admin/users', { token: admin.accessToken })).body;
    expect(items).toHaveLength(2);
  });

  it('E02, E04: refuses what is no JSON, and a prototype as a field', async () => {
    const post = (body: string, contentType: string) =>
      app.http.call('POST', '/auth/login', body, { headers: { 'content-type': contentType } });
    expect((await post('email=a@example.com', 'application/x-www-form-urlencoded')).status).toBe(
      415,
    );
    expect((await post('{"email":', 'application/json')).body.code).toBe('malformed-body');
    await post('{"__proto__":{"status":"polluted"},"email":"a@example.com"}', 'application/json');
    expect((await app.http.get('/health/live')).text).not.toContain('polluted');
  });

  it('E15: says of an address that can not be decoded that it is the address', async () => {
    expect((await app.http.get('/admin/users/%zz')).body.code).toBe('malformed-request');
  });

  it('E01: takes no more than 32 KiB', async () => {
    const body = { email: 'a@example.com', password: 'x'.repeat(40_000) };
    expect((await app.http.post('/auth/login', body)).body.code).toBe('body-too-large');
  });

  it('D37: refuses a long password before it is hashed', async () => {
    const start = performance.now();
    const body = { token: 'x', password: 'x'.repeat(4_096) };
    expect((await app.http.post('/invitations/accept', body)).body.code).toBe('validation-failed');
    expect(performance.now() - start).toBeLessThan(500);
  });

  it.each([
    'a\u0000b@example.com',
    'a@exa\u200bmple',
    `${'a'.repeat(30_000)}@example.com`,
    '\ud800@example.com',
  ])('B15, B17, B18: refuses %# as an address without failing', async (email) => {
    expect((await app.http.post('/auth/password-reset', { email })).body.code).toBe(
      'validation-failed',
    );
  });
});

describe('answers', () => {
  it('E13: have their headers on every kind of page', async () => {
    for (const path of [
      '/',
      '/nothing',
      '/users/me',
      '/health/live',
      '/link/invitation',
      '/docs',
      '/openapi.json',
      '/inbox',
    ]) {
      const { headers } = await app.http.get(path);
      const policy = headers.get('content-security-policy');
      expect([path, policy]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
      expect([path, policy]).toEqual([path, expect.stringContaining("default-src 'none'")]);
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  it('E11: allow no other origin', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      const { headers } = await app.http.get('/health/live', { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('E14: tell nothing of what failed inside', async () => {
    await sql`alter table users rename to users_away`.execute(app.db);
    const login = { email: 'a@example.com', password: PASSWORD };
    const answers = [
      await app.http.post('/auth/login', login),
      await app.http.get('/users/me', { token: admin.accessToken }),
    ];
    await sql`alter table users_away rename to users`.execute(app.db);
    for (const { status, body, text, headers } of answers) {
      expect([status, body.code]).toEqual([500, 'internal-error']);
      expect(text).not.toMatch(/users|select|relation|\.ts|at /);
      expect(body.detail).toContain(headers.get('x-request-id'));
    }
  });

  it('E23: there are no files to be found', async () => {
    for (const path of [
      '/.env',
      '/package.json',
      '/data',
      '/assets/',
      '/assets/..%2f..%2fpackage.json',
      '/dist/main.js.map',
    ])
      expect([path, (await app.http.get(path)).status]).toEqual([path, 404]);
  });
});

describe('a flood', () => {
  it('D39: of 300 sign-ins leaves the rest responsive, and ends', async () => {
    const login = (i: number) =>
      app.http.post('/auth/login', { email: `nobody-${i}@example.com`, password: PASSWORD });
    const flood = Promise.all(Array.from({ length: 300 }, (_, i) => login(i)));
    let slowest = 0;
    for (let i = 0; i < 10; i++) {
      const start = performance.now();
      expect((await app.http.get('/health/live')).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - start);
    }
    const answers = await flood;
    expect(slowest).toBeLessThan(1_000);
    const busy = answers.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    for (const { body, headers } of busy)
      expect([body.code, headers.get('retry-after')]).toEqual(['busy', '2']);
    expect(
      (await app.http.post('/auth/login', { email: 'somebody@example.com', password: PASSWORD }))
        .status,
    ).toBe(200);
  });

  it('D32: of everything at once to one address never fails on our side', async () => {
    const email = 'crowded@example.com';
    const { user, refreshToken } = await member(app, email);
    const { accessToken: token } = admin;
    const disable = (status: string) =>
      app.http.patch(`/admin/users/${user.id}`, { status }, { token });
    const login = { email, password: PASSWORD };
    const calls = [
      () => app.http.post('/auth/register', login),
      () => app.http.post('/auth/verification/resend', { email }),
      () => app.http.post('/auth/verification', { email, code: '000000' }),
      () => app.http.post('/auth/login', login),
      () => app.http.post('/auth/refresh', { refreshToken }),
      () => app.http.post('/auth/password-reset', { email }),
      () => disable('disabled'),
      () => disable('active'),
      () => app.http.post('/admin/invitations', { email, role: 'member' }, { token }),
    ];
    const answers = await Promise.all(Array.from({ length: 108 }, (_, i) => calls[i % 9]!()));
    const failed = answers.filter(({ status, body }) => status >= 500 && body.code !== 'busy');
    expect(failed).toEqual([]);
  });

  it('E08, E10: from one client meets its limit, which a session is free of', async () => {
    const limited = await startApp({ RATE_LIMIT: '20' });
    const { accessToken: token } = await firstAdmin(limited);
    const login = (i: number) =>
      limited.http.post(
        '/auth/login',
        { email: 'a@example.com', password: PASSWORD },
        { token, headers: { 'x-forwarded-for': `192.0.2.${i}` } },
      );
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => login(i)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.http.get('/users/me', { token })).status).toBe(200);
    expect((await limited.http.get('/users/me')).status).toBe(429);
    expect((await limited.http.get('/health/live')).status).toBe(200);
    await limited.close();
  });
});
