import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { PASSWORD } from '../harness/people.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

const register = (email: string, password = PASSWORD, on = app) =>
  on.http.post('/auth/register', { email, password });
const verify = (email: string, code: unknown, on = app) =>
  on.http.post('/auth/verification', { email, code });
const resend = (email: string, on = app) => on.http.post('/auth/verification/resend', { email });
const login = (email: string, password = PASSWORD, on = app) =>
  on.http.post('/auth/login', { email, password });

/** Registers and gives the code from the mail. */
async function codeFor(email: string, on = app): Promise<string> {
  expect((await register(email, PASSWORD, on)).status).toBe(202);
  return (await on.inbox.waitFor(email)).code!;
}

const wrong = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0');

describe('a person who registers', () => {
  it('gets a code by mail, verifies with it and is signed in', async () => {
    const answer = await register('Ada@Example.com');
    expect(answer.status).toBe(202);
    const { expiresAt, resendAfter } = answer.body.verification;
    expect(answer.body).toEqual({ verification: { required: true, expiresAt, resendAfter } });
    expect(Date.parse(expiresAt) - Date.parse(resendAfter)).toBe(9 * 60_000);

    const { code } = await app.inbox.waitFor('ada@example.com');
    expect((await login('ada@example.com')).body.code).toBe('email-not-verified');
    expect((await login('ada@example.com', 'not the password at all')).body.code).toBe(
      'invalid-credentials',
    );

    const session = await verify('ADA@example.com', code);
    expect(session.status).toBe(200);
    expect(session.body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900 });
    const me = await app.http.get('/users/me', { token: session.body.accessToken });
    expect(me.body).toEqual({
      id: session.body.user.id,
      email: 'ada@example.com',
      name: null,
      locale: 'en',
      role: 'member',
      status: 'active',
      createdAt: expect.stringMatching(/Z$/),
    });
    expect((await login('ada@example.com')).status).toBe(200);
  });

  it('may have a name of 100 characters, and not of 101', async () => {
    const body = { email: 'long@example.com', password: PASSWORD };
    const named = (length: number) =>
      app.http.post('/auth/register', { ...body, name: '名'.repeat(length) });
    expect((await named(101)).body).toMatchObject({
      code: 'validation-failed',
      errors: [{ field: 'name' }],
    });
    expect((await named(100)).status).toBe(202);
  });

  it('E05: can not make an admin of herself', async () => {
    for (const extra of [
      { role: 'admin' },
      { status: 'active' },
      { verified: true },
      { id: '1' },
    ]) {
      const body = { email: 'eve@example.com', password: PASSWORD, ...extra };
      expect((await app.http.post('/auth/register', body)).body.code).toBe('validation-failed');
    }
  });

  it('D32: fifty times at once has one account, one live code and one mail', async () => {
    const email = 'fifty@example.com';
    // Held back until their passwords are hashed, so that they really arrive together.
    const waiting = await app.db.transaction().execute(async (tx) => {
      await sql`lock table users in access exclusive mode`.execute(tx);
      const answers = Array.from({ length: 50 }, () => register(email));
      await sleep(1_500);
      return { answers };
    });
    const answers = await Promise.all(waiting.answers);
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses.filter((status) => status !== 503))).toEqual(new Set([202]));
    const { rows } = await sql<{ users: number; codes: number; mails: number }>`
      select (select count(*)::int from users where email = ${email}) as users,
        (select count(*)::int from one_time_tokens where subject = ${email}
          and spent_at is null and revoked_at is null) as codes,
        (select count(*)::int from outbox where to_address = ${email}) as mails`.execute(app.db);
    expect(rows[0]).toEqual({ users: 1, codes: 1, mails: 1 });
  });

  it('has to verify in a test environment too', async () => {
    const testing = await startApp({ NODE_ENV: 'test' });
    await codeFor('ada@example.com', testing);
    expect((await login('ada@example.com', PASSWORD, testing)).body.code).toBe(
      'email-not-verified',
    );
    await testing.close();
  });
});

describe('a code', () => {
  it('D10: is good once, also when it comes twice at once', async () => {
    const email = 'once@example.com';
    const code = await codeFor(email);
    const answers = await Promise.all([verify(email, code), verify(email, code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await verify(email, code)).body.code).toBe('invalid-code');
  });

  it('D05: is dead after five wrong ones, and the answer stays the same', async () => {
    const email = 'five@example.com';
    const code = await codeFor(email);
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push((await verify(email, wrong(code, i))).text);
    const right = await verify(email, code);
    const unknown = await verify('nobody@example.com', code);
    expect(right.status).toBe(400);
    expect(new Set([...answers, right.text, unknown.text]).size).toBe(1);
  });

  it('D06: lets five of two hundred guesses at once be looked at', async () => {
    const email = 'parallel@example.com';
    const code = await codeFor(email);
    const guesses = Array.from({ length: 200 }, (_, i) => verify(email, wrong(code, i + 1)));
    for (const { body } of await Promise.all(guesses)) expect(body.code).toBe('invalid-code');
    const { rows } = await sql<{ tries: number }>`
      select tries from one_time_tokens where subject = ${email}`.execute(app.db);
    expect(rows).toEqual([{ tries: 5 }]);
    expect((await verify(email, code)).status).toBe(400);
  });

  it('D07: gets no new tries by asking again, restarting or spelling the address otherwise', async () => {
    const database = await createTestDatabase();
    const email = 'patient@example.com';
    let own = await startApp({}, database);
    let code = await codeFor(email, own);
    for (const [cooldown, spelling] of [
      ['61 seconds', email],
      ['121 seconds', 'PATIENT@example.com'],
      ['301 seconds', 'patient@EXAMPLE.com'],
    ] as const) {
      for (let i = 1; i <= 5; i++) await verify(spelling, wrong(code, i), own);
      await own.clock.advance(cooldown);
      await own.inbox.empty();
      expect((await resend(spelling, own)).status).toBe(202);
      code = (await own.inbox.waitFor(email)).code!;
    }
    await own.close();
    own = await startApp({}, database);
    expect((await verify(email, code, own)).body.code).toBe('invalid-code');

    // D09: nobody is locked out for good.
    await own.clock.advance('1 hour');
    await resend(email, own);
    code = (await own.inbox.waitFor(email)).code!;
    expect((await verify(email, code, own)).status).toBe(200);
    await own.close();
    await database.drop();
  });

  it('D11: opens its own address and no other', async () => {
    const code = await codeFor('one@example.com');
    await codeFor('other@example.com');
    expect((await verify('other@example.com', code)).body.code).toBe('invalid-code');
    expect((await verify('one@example.com', code)).status).toBe(200);
  });

  it('D16: lives for the ten minutes that the mail says', async () => {
    const code = await codeFor('late@example.com');
    expect((await app.inbox.waitFor('late@example.com')).text).toContain('10 minutes');
    await app.clock.advance('9 minutes 50 seconds');
    const inTime = await codeFor('intime@example.com');
    await app.clock.advance('11 seconds');
    expect((await verify('late@example.com', code)).body.code).toBe('invalid-code');
    await app.clock.advance('9 minutes 40 seconds');
    expect((await verify('intime@example.com', inTime)).status).toBe(200);
  });

  it('D17: is replaced by a newer one; ten requests at once make one mail', async () => {
    const email = 'again@example.com';
    const old = await codeFor(email);
    const early = await resend(email);
    expect(early.body.code).toBe('too-many-requests');
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(60);

    await app.clock.advance('61 seconds');
    await app.inbox.empty();
    const answers = await Promise.all(Array.from({ length: 10 }, () => resend(email)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const { code } = await app.inbox.waitFor(email);
    expect(await app.inbox.mailsTo(email)).toHaveLength(1);
    if (old !== code) expect((await verify(email, old)).body.code).toBe('invalid-code');
    expect((await verify(email, code)).status).toBe(200);
  });

  it('D14, D15: is taken with spaces, and refused as anything but a text of six digits', async () => {
    const email = 'typed@example.com';
    const code = await codeFor(email);
    const guesses = Array.from({ length: 1000 }, (_, i) => wrong(code, i));
    for (const shape of [
      Number(code),
      [code],
      guesses,
      { code },
      null,
      true,
      '',
      ' ',
      'null',
      undefined,
    ])
      expect((await verify(email, shape)).status).toBe(400);
    expect((await verify(email, `${code.slice(0, 3)} ${code.slice(3)}\n`)).status).toBe(200);
  });

  it('is not burnt by a failure after it was found right', async () => {
    const email = 'unlucky@example.com';
    const code = await codeFor(email);
    await sql`alter table sessions add constraint broken check (false) not valid`.execute(app.db);
    const failed = await verify(email, code);
    await sql`alter table sessions drop constraint broken`.execute(app.db);
    expect(failed.body.code).toBe('internal-error');
    expect(failed.text).not.toMatch(/sessions|constraint|broken/);
    expect((await verify(email, code)).status).toBe(200);
  });

  it('D45: is nowhere in the database in the clear', async () => {
    const code = await codeFor('hidden@example.com');
    const { rows } = await sql<{ dump: string }>`
      select (select string_agg(t::text, ' ') from one_time_tokens as t) || (
        select string_agg(o::text, ' ') from outbox as o) as dump`.execute(app.db);
    expect(rows[0]?.dump).not.toMatch(new RegExp(`\\b${code}\\b`));
    expect(rows[0]?.dump).not.toContain(Buffer.from(code).toString('hex'));
  });
});

describe('D27: whoever registers an address that is not theirs', () => {
  const stranger = 'the password of a stranger';

  it('has nothing once its owner has registered and verified', async () => {
    const email = 'owner@example.com';
    await register(email, stranger);
    const before = await app.inbox.waitFor(email);
    await register(email);
    const { code } = await app.inbox.waitFor(email, { since: before.receivedAt });
    if (before.code !== code) expect((await verify(email, before.code)).status).toBe(400);
    expect((await verify(email, code)).status).toBe(200);
    expect((await login(email, stranger)).status).toBe(401);
    expect((await login(email)).status).toBe(200);
  });

  it('can not slip a password under a code that is on its way to its owner', async () => {
    const email = 'waiting@example.com';
    const code = await codeFor(email);
    const { receivedAt } = await app.inbox.waitFor(email);
    await register(email, stranger);
    await app.inbox.waitFor(email, { since: receivedAt });
    expect((await verify(email, code)).body.code).toBe('invalid-code');
    expect((await login(email, stranger)).body.code).toBe('email-not-verified');
  });
});

describe('pressing the button twice', () => {
  it('mails one code, which stays good, and promises no more than is true', async () => {
    const email = 'twice@example.com';
    const first = await register(email);
    const second = await register(email);
    expect(second.body.verification.expiresAt).toBe(first.body.verification.expiresAt);
    const { code } = await app.inbox.waitFor(email);
    expect((await verify(email, code)).status).toBe(200);
    expect(await app.inbox.mailsTo(email)).toHaveLength(1);
  });

  it('D01: is answered alike for an address that has an account', async () => {
    const known = 'known@example.com';
    await verify(known, await codeFor(known));
    await app.clock.advance('1 hour');
    const shapes = [];
    for (const email of [known, 'unknown@example.com']) {
      const answers = [await register(email), await register(email), await resend(email)];
      shapes.push(
        answers.map(({ status, body }) => {
          const { expiresAt, resendAfter } = body.verification ?? {};
          const minutes = Math.round((Date.parse(expiresAt) - Date.parse(resendAfter)) / 60_000);
          return { status, minutes, detail: body.detail };
        }),
      );
    }
    expect(shapes[0]).toEqual(shapes[1]);
  });
});

describe('SKIP_USER_VERIFICATION', () => {
  it('opens accounts at once, and leaves those that are there alone', async () => {
    const open = await startApp({ SKIP_USER_VERIFICATION: 'true' });
    const email = 'ada@example.com';
    for (const password of [PASSWORD, 'the password of a stranger']) {
      const answer = await register(email, password, open);
      expect([answer.status, answer.body]).toEqual([202, { verification: { required: false } }]);
    }
    expect((await login(email, PASSWORD, open)).status).toBe(200);
    expect((await login(email, 'the password of a stranger', open)).status).toBe(401);
    await open.close();
  });
});
