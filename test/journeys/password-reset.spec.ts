import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { firstAdmin, member, PASSWORD, type Session, tokenIn } from '../harness/people.js';

let app: TestApp;
let admin: Session;
beforeAll(async () => {
  app = await startApp();
  admin = await firstAdmin(app);
});
afterAll(() => app?.close());

const NEW = 'another few unrelated words';

const request = (email: string) => app.http.post('/auth/password-reset', { email });
const confirm = (token: unknown, password: unknown = NEW) =>
  app.http.post('/auth/password-reset/confirm', { token, password });
const login = (email: string, password: string) =>
  app.http.post('/auth/login', { email, password });
const pageOf = (token: string) => app.http.get(`/link/reset-password?token=${token}`);

/** An empty inbox and a mailbox whose budget is full again. */
async function freshStart(): Promise<void> {
  await app.clock.advance('1 hour');
  await app.inbox.empty();
}

async function resetToken(email: string): Promise<string> {
  await freshStart();
  const answer = await request(email);
  expect([answer.status, answer.body]).toEqual([202, {}]);
  return tokenIn((await app.inbox.waitFor(email)).links);
}

describe('a person who forgot the password', () => {
  it('follows the link, chooses another one, is signed out everywhere and told by mail', async () => {
    const email = 'ada+tag@example.com';
    const session = await member(app, email);
    const token = await resetToken(email);
    await app.inbox.empty();
    expect((await confirm(token)).status).toBe(204);

    expect((await app.http.get('/users/me', { token: session.accessToken })).status).toBe(401);
    const { refreshToken } = session;
    expect((await app.http.post('/auth/refresh', { refreshToken })).status).toBe(401);
    expect((await login(email, PASSWORD)).status).toBe(401);
    expect((await login(email, NEW)).status).toBe(200);
    const notice = await app.inbox.waitFor(email);
    expect(notice.subject).toMatch(/password/i);
    expect(notice.code).toBeNull();
    expect((await confirm(token)).body.code).toBe('invalid-token');
  });

  it('does it on the page behind the link, without script', async () => {
    const email = 'grace@example.com';
    await member(app, email);
    const token = await resetToken(email);
    const page = await pageOf(token);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.text).toContain('<form');

    const post = (password: string) => app.http.form('/link/reset-password', { token, password });
    const refused = await post('too short');
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('at least 15')]);
    expect(refused.text).toContain(token);
    const done = await post(NEW);
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('password is changed')]);
    expect((await post(NEW)).status).toBe(400);
    expect((await login(email, NEW)).status).toBe(200);
  });

  it('C15: still can after a scanner has opened the link fifty times', async () => {
    const email = 'scanned@example.com';
    await member(app, email);
    const token = await resetToken(email);
    const path = `/link/reset-password?token=${token}`;
    for (let i = 0; i < 50; i++)
      await app.http.call(['GET', 'HEAD', 'OPTIONS'][i % 3]!, path, undefined);
    expect((await confirm(token)).status).toBe(204);
  });

  it('D36: may choose again when a password is refused: the link is not burnt', async () => {
    const email = 'choosy@example.com';
    await member(app, email);
    const token = await resetToken(email);
    for (const password of ['short', 'aaaaaaaaaaaaaaaaaaaa', 'x y'.repeat(100), email, null, 15])
      expect((await confirm(token, password)).body.code).toBe('validation-failed');
    expect((await confirm(token)).status).toBe(204);
  });
});

describe('a link', () => {
  it('D19: is good for one of two passwords at once', async () => {
    const email = 'two@example.com';
    await member(app, email);
    const token = await resetToken(email);
    const passwords = ['the first of two passwords', 'the other of two passwords'];
    const answers = await Promise.all(passwords.map((password) => confirm(token, password)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
    const logins = await Promise.all(passwords.map((password) => login(email, password)));
    expect(logins.map(({ status }) => status === 200)).toEqual(
      answers.map(({ status }) => status === 204),
    );
  });

  it('D18, D19: ends when another one is used', async () => {
    const email = 'both@example.com';
    await member(app, email);
    const older = await resetToken(email);
    await app.clock.advance('61 seconds');
    await app.inbox.empty();
    await request(email);
    const newer = tokenIn((await app.inbox.waitFor(email)).links);
    const answers = await Promise.all([confirm(older), confirm(newer)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  it('D16: lives for an hour', async () => {
    await member(app, 'slow@example.com');
    const token = await resetToken('slow@example.com');
    await app.clock.advance('59 minutes 50 seconds');
    expect((await pageOf(token)).status).toBe(200);
    await app.clock.advance('11 seconds');
    expect((await pageOf(token)).status).toBe(400);
    expect((await confirm(token)).body.code).toBe('invalid-token');
  });

  it('C12: leads where the operator said, whatever the request claims', async () => {
    await member(app, 'host@example.com');
    await freshStart();
    await app.http.post(
      '/auth/password-reset',
      { email: 'host@example.com' },
      { headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' } },
    );
    const mail = await app.inbox.waitFor('host@example.com');
    expect(mail.links.map((link) => new URL(link).hostname)).toEqual(
      mail.links.map(() => 'localhost'),
    );
    expect(`${mail.text}${mail.html}`).not.toContain('evil');
  });

  it('D45: has a secret of 256 bits that is nowhere in the database', async () => {
    await member(app, 'dump@example.com');
    const token = await resetToken('dump@example.com');
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const { rows } = await sql<{ dump: string }>`
      select (select string_agg(t::text, ' ') from one_time_tokens as t) || (
        select string_agg(o::text, ' ') from outbox as o) as dump`.execute(app.db);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
    expect(rows[0]?.dump).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  });

  it('D12: is worth nothing elsewhere, and other secrets nothing here', async () => {
    const email = 'purpose@example.com';
    const session = await member(app, email);
    const token = await resetToken(email);
    await app.http.post(
      '/admin/invitations',
      { email: 'joiner@example.com', role: 'member' },
      { token: admin.accessToken },
    );
    const invitation = tokenIn((await app.inbox.waitFor('joiner@example.com')).links);
    const accept = (token: string) =>
      app.http.post('/invitations/accept', { token, password: NEW });

    expect((await accept(token)).body.code).toBe('invalid-token');
    expect((await accept(session.refreshToken)).body.code).toBe('invalid-token');
    expect((await app.http.post('/auth/refresh', { refreshToken: token })).status).toBe(401);
    expect((await app.http.post('/auth/verification', { email, code: token })).status).toBe(400);
    expect((await app.http.get('/users/me', { token })).status).toBe(401);
    for (const other of [invitation, session.refreshToken, session.accessToken, '', ' ', 'null'])
      expect((await confirm(other)).status).toBe(400);
    expect((await accept(invitation)).status).toBe(201);
    expect((await confirm(token)).status).toBe(204);
  });

  it.each(['', ' ', null, undefined, [], {}, true, 0, 'undefined', 'x'.repeat(5_000)])(
    'D14: %j is none',
    async (token) => expect((await confirm(token)).status).toBe(400),
  );
});

describe('an account', () => {
  it('D22: gets the mail at the address it has, not at the one that was typed', async () => {
    await member(app, 'stored@example.com');
    await freshStart();
    await request('STORED@EXAMPLE.COM');
    expect((await app.inbox.waitFor('stored@example.com')).to).toBe('stored@example.com');
  });

  it('D20: that was never verified is proved by the link', async () => {
    const email = 'unverified@example.com';
    await app.http.post('/auth/register', { email, password: PASSWORD });
    expect((await confirm(await resetToken(email))).status).toBe(204);
    expect((await login(email, NEW)).body.user.status).toBe('active');
    expect((await login(email, PASSWORD)).status).toBe(401);
  });

  it('D20: that is disabled stays so: no mail, and links from before are dead', async () => {
    const email = 'disabled@example.com';
    const { user } = await member(app, email);
    const token = await resetToken(email);
    const disabling = { status: 'disabled' };
    await app.http.patch(`/admin/users/${user.id}`, disabling, { token: admin.accessToken });
    expect((await pageOf(token)).status).toBe(400);
    expect((await confirm(token)).body.code).toBe('invalid-token');

    await freshStart();
    expect((await request(email)).status).toBe(202);
    await member(app, 'after-disabled@example.com');
    expect(await app.inbox.mailsTo(email)).toEqual([]);
    expect((await login(email, PASSWORD)).body.code).toBe('invalid-credentials');
  });

  it('D33: is not flooded: one mail a minute at first, five an hour, over all kinds', async () => {
    const email = 'flooded@example.com';
    await member(app, email);
    await freshStart();
    const register = () => app.http.post('/auth/register', { email, password: PASSWORD });
    const answers = await Promise.all([...Array(20)].flatMap(() => [request(email), register()]));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    for (let minutes = 5; minutes < 60; minutes += 5) {
      await app.clock.advance('5 minutes');
      await request(email);
      await register();
    }
    const { rows } = await sql<{ mails: number }>`
      select count(*)::int as mails from outbox
      where to_address = ${email} and created_at > now() - interval '59 minutes'
        and kind in ('password-reset', 'account-exists')`.execute(app.db);
    expect(rows[0]?.mails).toBeGreaterThan(2);
    expect(rows[0]?.mails).toBeLessThanOrEqual(5);
  });
});

describe('a password change', () => {
  const change = (token: string, currentPassword: string, newPassword = NEW) =>
    app.http.post('/users/me/password', { currentPassword, newPassword }, { token });

  it('needs the password of now, ends the other sessions and is told by mail', async () => {
    const email = 'changer@example.com';
    const here = await member(app, email);
    const there = (await login(email, PASSWORD)).body as Session;
    const link = await resetToken(email);
    await app.inbox.empty();

    expect((await change(here.accessToken, 'not my password at all')).status).toBe(401);
    expect((await change(here.accessToken, PASSWORD, 'short')).body.errors).toEqual([
      { field: 'newPassword', message: expect.stringContaining('at least 15') },
    ]);
    expect((await change(here.accessToken, PASSWORD)).status).toBe(204);

    const me = (token: string) => app.http.get('/users/me', { token });
    expect((await me(here.accessToken)).status).toBe(200);
    expect((await me(there.accessToken)).status).toBe(401);
    expect((await confirm(link)).body.code).toBe('invalid-token');
    expect((await app.inbox.waitFor(email)).subject).toMatch(/password/i);
    expect((await login(email, NEW)).status).toBe(200);
  });

  it('D12: needs a session', async () => {
    expect((await change('', PASSWORD)).status).toBe(401);
  });
});
