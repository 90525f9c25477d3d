import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { firstAdmin, member, PASSWORD, type Session, tokenIn } from '../harness/people.js';

let app: TestApp;
let admin: Session;
beforeAll(async () => {
  app = await startApp();
  admin = await firstAdmin(app);
});
afterAll(() => app?.close());

const as = (session: Session) => ({ token: session.accessToken });
const invite = (email: string, role = 'member', by = admin, more: object = {}) =>
  app.http.post('/admin/invitations', { email, role, ...more }, as(by));
const accept = (token: unknown, more: object = {}) =>
  app.http.post('/invitations/accept', { token, password: PASSWORD, ...more });
const login = (email: string, password = PASSWORD) =>
  app.http.post('/auth/login', { email, password });
const pageOf = (token: string) => app.http.get(`/link/invitation?token=${token}`);

/** The token in the newest mail to an address, which the inbox then forgets. */
async function mailedToken(email: string): Promise<string> {
  const token = tokenIn((await app.inbox.waitFor(email)).links);
  await app.inbox.empty();
  return token;
}

async function invitedToken(email: string, role = 'member', by = admin): Promise<string> {
  expect((await invite(email, role, by)).status).toBe(201);
  return mailedToken(email);
}

describe('an invitation', () => {
  it('gives an account with its role to who follows the link', async () => {
    const email = 'grace+new@example.com';
    const answer = await invite(email, 'admin', admin, { name: 'Grace', locale: 'de' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      id: expect.any(String),
      email,
      role: 'admin',
      status: 'pending',
      expiresAt: expect.stringMatching(/Z$/),
      mail: { id: expect.any(String), status: 'queued' },
    });
    const mail = await app.inbox.waitFor(email);
    expect(mail.text).toContain('7 days');
    const token = tokenIn(mail.links);
    expect(answer.text).not.toContain(token);

    const joined = await accept(token);
    expect(joined.status).toBe(201);
    expect(joined.body.user).toMatchObject({
      email,
      name: 'Grace',
      locale: 'de',
      role: 'admin',
      status: 'active',
    });
    expect((await app.http.get('/admin/users', as(joined.body))).status).toBe(200);
    expect((await login(email)).status).toBe(200);
  });

  it('is accepted on the page behind the link; opening it spends nothing', async () => {
    const token = await invitedToken('page@example.com', 'admin');
    for (let i = 0; i < 50; i++)
      await app.http.call(i % 2 ? 'HEAD' : 'GET', `/link/invitation?token=${token}`, undefined);
    const page = await pageOf(token);
    expect(page.text).toContain('page@example.com');
    expect(page.text).toContain('an administrator');
    const post = (password: string, name = '') =>
      app.http.form('/link/invitation', { token, password, name, role: 'member' });
    const tooShort = await post('too short', 'Page');
    expect(tooShort.text).toContain('at least 15');
    expect(tooShort.text).toContain('name="name" value="Page"');
    expect((await post(PASSWORD, 'an \u001b escape')).status).toBe(400);
    expect((await post(PASSWORD, 'Page')).text).toContain('Your account is ready');
    expect((await post(PASSWORD)).status).toBe(400);
    expect((await login('page@example.com')).body.user).toMatchObject({
      name: 'Page',
      role: 'admin',
    });
  });

  it('C03: names who invites, unless a client would make a link of the name', async () => {
    for (const [name, said] of [
      ['Ada Lovelace', 'Ada Lovelace invites you to join Gatepost.'],
      ['evil.example/win', 'You are invited to join Gatepost.'],
    ] as const) {
      await app.http.patch('/users/me', { name }, as(admin));
      await app.inbox.empty();
      const email = `guest-of-${name.length}@example.com`;
      expect((await invite(email)).status).toBe(201);
      const { text } = await app.inbox.waitFor(email);
      expect(text).toContain(said);
      await app.inbox.empty();
    }
  });

  it('D24: is good once, also when it comes twice at once', async () => {
    const token = await invitedToken('once@example.com');
    const answers = await Promise.all([accept(token), accept(token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    expect((await accept(token)).body.code).toBe('invalid-token');
  });

  it('D25: has the role of its row, not one that the request names', async () => {
    const token = await invitedToken('modest@example.com');
    for (const extra of [{ role: 'admin' }, { email: 'a@example.com' }, { invitedBy: null }])
      expect((await accept(token, extra)).body.code).toBe('validation-failed');
    expect((await accept(token)).body.user.role).toBe('member');
  });

  it('has the role of now, not of an older invitation to the same address', async () => {
    const older = await invitedToken('twice@example.com', 'admin');
    const again = await invite('twice@example.com', 'member');
    expect(again.status).toBe(201);
    const newer = await mailedToken('twice@example.com');
    expect((await accept(older)).body.code).toBe('invalid-token');
    expect((await accept(newer)).body.user.role).toBe('member');
    const { items } = (await app.http.get('/admin/invitations?limit=100', as(admin))).body;
    const twice = items.filter(({ email }: { email: string }) => email === 'twice@example.com');
    expect(twice).toHaveLength(1);
    expect(twice[0]).toMatchObject({ id: again.body.id, status: 'accepted' });
  });

  it('D25: to be an admin is void while who made it is none; to be a member is not', async () => {
    const other = await member(app, 'inviter@example.com');
    const administer = (change: object) =>
      app.http.patch(`/admin/users/${other.user.id}`, change, as(admin));
    await administer({ role: 'admin' });
    const asAdmin = await invitedToken('by-inviter-1@example.com', 'admin', other);
    const asMember = await invitedToken('by-inviter-2@example.com', 'member', other);
    for (const change of [{ role: 'member' }, { role: 'admin', status: 'disabled' }]) {
      await administer(change);
      expect((await pageOf(asAdmin)).status).toBe(400);
      expect((await accept(asAdmin)).body.code).toBe('invalid-token');
    }
    expect((await accept(asMember)).status).toBe(201);
    await administer({ status: 'active' });
    expect((await accept(asAdmin)).body.user.role).toBe('admin');
  });

  it('D26: that was taken back while its page was open is refused at submit', async () => {
    const { body } = await invite('revoked@example.com');
    const token = await mailedToken('revoked@example.com');
    expect((await pageOf(token)).status).toBe(200);
    const revoke = () => app.http.delete(`/admin/invitations/${body.id}`, as(admin));
    expect((await revoke()).status).toBe(204);
    expect((await accept(token)).body.code).toBe('invalid-token');
    expect((await pageOf(token)).status).toBe(400);
    expect((await revoke()).body.code).toBe('invitation-not-pending');
    const resend = await app.http.post(
      `/admin/invitations/${body.id}/resend`,
      undefined,
      as(admin),
    );
    expect(resend.body.code).toBe('invitation-not-pending');
    expect((await invite('revoked@example.com')).body.id).not.toBe(body.id);
  });

  it('is sent again with a new link that kills the old one, also after its seven days', async () => {
    const { body } = await invite('late@example.com');
    const old = await mailedToken('late@example.com');
    await app.clock.advance('7 days');
    admin = (await login('admin@example.com')).body;
    expect((await accept(old)).body.code).toBe('invalid-token');
    const { items } = (await app.http.get('/admin/invitations', as(admin))).body;
    expect(items.find(({ id }: { id: string }) => id === body.id).status).toBe('expired');

    const resend = () =>
      app.http.post(`/admin/invitations/${body.id}/resend`, undefined, as(admin));
    expect((await resend()).body).toMatchObject({ id: body.id, status: 'pending' });
    const second = await mailedToken('late@example.com');
    await resend();
    const third = await mailedToken('late@example.com');
    expect((await accept(second)).body.code).toBe('invalid-token');
    expect((await accept(third)).status).toBe(201);
  });

  it('D27: voids what a stranger registered under the address before', async () => {
    const email = 'hijacked@example.com';
    const stranger = 'the password of a stranger';
    await app.http.post('/auth/register', { email, password: stranger, name: 'Mallory' });
    const { code } = await app.inbox.waitFor(email);
    await app.inbox.empty();
    expect((await accept(await invitedToken(email))).body.user).toMatchObject({
      name: null,
      status: 'active',
    });
    expect((await login(email, stranger)).status).toBe(401);
    expect((await app.http.post('/auth/verification', { email, code })).status).toBe(400);
    expect((await login(email)).status).toBe(200);
  });

  it('is not for somebody who has an account', async () => {
    await member(app, 'member@example.com');
    expect((await invite('MEMBER@example.com')).body.code).toBe('already-a-user');
    const token = await invitedToken('meanwhile@example.com', 'admin');
    const { user } = await member(app, 'meanwhile@example.com');
    expect((await accept(token)).body.code).toBe('already-a-user');
    expect((await login('meanwhile@example.com')).body.user).toMatchObject({
      id: user.id,
      role: 'member',
    });
  });
});

describe('the list of invitations', () => {
  it('D30: tells where each mail is, and no secret', async () => {
    const token = await invitedToken('listed@example.com');
    const listed = async () => {
      const answer = await app.http.get('/admin/invitations?limit=1', as(admin));
      expect(answer.text).not.toContain(token);
      expect(answer.text).not.toMatch(/digest|token|hash/);
      return answer.body.items[0];
    };
    expect(await eventually(listed, ({ mail }) => mail?.status === 'sent')).toMatchObject({
      email: 'listed@example.com',
      status: 'pending',
      invitedBy: admin.user.id,
      mail: { status: 'sent' },
    });
  });

  it('E20: has nothing under an id that is not an invitation', async () => {
    const { id } = admin.user;
    expect((await app.http.delete(`/admin/invitations/${id}`, as(admin))).status).toBe(404);
    expect((await app.http.delete('/admin/invitations/1', as(admin))).status).toBe(400);
  });
});
