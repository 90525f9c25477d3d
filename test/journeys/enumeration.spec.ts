import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { firstAdmin, member, PASSWORD } from '../harness/people.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  const admin = await firstAdmin(app);
  const token = admin.accessToken;
  await member(app, known.active);
  const { user } = await member(app, known.disabled);
  await app.http.patch(`/admin/users/${user.id}`, { status: 'disabled' }, { token });
  await app.http.post('/auth/register', { email: known.unverified, password: PASSWORD });
  await app.http.post('/admin/invitations', { email: known.invited, role: 'member' }, { token });
  await app.inbox.waitFor(known.invited);
});
afterAll(() => app?.close());

const known = {
  active: 'active@example.com',
  disabled: 'disabled@example.com',
  unverified: 'unverified@example.com',
  invited: 'invited@example.com',
};

const calls = {
  register: (email: string) =>
    app.http.post('/auth/register', {
      email,
      password: 'chosen by somebody else',
      name: 'Somebody',
    }),
  resend: (email: string) => app.http.post('/auth/verification/resend', { email }),
  'sign in': (email: string) =>
    app.http.post('/auth/login', { email, password: 'not the password of anybody' }),
  'ask for a reset': (email: string) => app.http.post('/auth/password-reset', { email }),
  verify: (email: string) => app.http.post('/auth/verification', { email, code: '000000' }),
};

/** All that can be seen of an answer, its times as seconds from now. */
async function seen(answer: ReturnType<(typeof calls)['register']>) {
  const { status, headers, text } = await answer;
  const ignored = new Set(['date', 'x-request-id', 'retry-after']);
  const seconds = (time: string) => `${Math.round((Date.parse(time) - Date.now()) / 5_000) * 5} s`;
  return {
    status,
    headers: [...headers].filter(([name]) => !ignored.has(name)),
    retryAfter: headers.has('retry-after'),
    text: text
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, seconds)
      .replaceAll(/Wait \d+ seconds/g, 'Wait'),
  };
}

describe.each(Object.entries(calls))('D01: to %s', (_name, call) => {
  it('looks alike for every address, the first time and when its mailbox has had enough', async () => {
    await app.clock.advance('1 hour');
    const unknown = `unknown-${crypto.randomUUID()}@example.com`;
    for (let time = 1; time <= 2; time++) {
      const expected = await seen(call(unknown));
      for (const email of Object.values(known)) expect(await seen(call(email))).toEqual(expected);
    }
  });
});

describe('D02: the time of an answer', () => {
  it.each(['sign in', 'ask for a reset', 'resend', 'register'] as const)(
    'to %s does not tell a known address from an unknown one',
    async (name) => {
      const difference = async (): Promise<number> => {
        const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
        for (let i = 0; i < 15; i++)
          for (const kind of i % 2
            ? (['known', 'unknown'] as const)
            : (['unknown', 'known'] as const)) {
            const email =
              kind === 'known' ? known.active : `nobody-${i}-${name.length}@example.com`;
            const start = performance.now();
            await calls[name](email);
            times[kind].push(performance.now() - start);
          }
        const median = (values: number[]) => values.toSorted((a, b) => a - b)[7]!;
        return Math.abs(median(times.known) - median(times.unknown));
      };
      // What tells the two apart is there each time; what other processes do is not.
      const differences: number[] = [];
      while (differences.length < 3 && !differences.some((ms) => ms < 10))
        differences.push(await difference());
      expect(Math.min(...differences)).toBeLessThan(10);
    },
  );
});

describe('D04: who registers an address that is known', () => {
  it('causes one mail, which tells its owner', async () => {
    await app.clock.advance('1 hour');
    await app.inbox.empty();
    await calls.register('first-time@example.com');
    await calls.register(known.active);
    const [fresh, owner] = [
      await app.inbox.waitFor('first-time@example.com'),
      await app.inbox.waitFor(known.active),
    ];
    expect(fresh.code).toMatch(/^\d{6}$/);
    expect(owner.code).toBeNull();
    expect(owner.text).toMatch(/already have an account/i);
    expect(owner.text).not.toContain('Somebody');
    expect(await app.inbox.mailsTo(known.active)).toHaveLength(1);
    const login = { email: known.active, password: PASSWORD };
    expect((await app.http.post('/auth/login', login)).body.user.name).toBeNull();
  });

  it('causes none where the account is disabled', async () => {
    await app.clock.advance('1 hour');
    await app.inbox.empty();
    for (const call of [calls.register, calls['ask for a reset'], calls.resend])
      await call(known.disabled);
    const { rows } = await sql<{ mails: number }>`
      select count(*)::int as mails from outbox where to_address = ${known.disabled}
        and created_at > now() - interval '1 minute'`.execute(app.db);
    expect(rows[0]?.mails).toBe(0);
  });
});

describe('D03: while no mail gets out', () => {
  it('answers stay the same, and nothing is lost', async () => {
    const down = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: '9',
      SMTP_SENDER: 'gatepost@example.com',
      FIRST_ADMIN_EMAIL: 'admin@example.com',
    });
    const register = (email: string) =>
      down.http.post('/auth/register', { email, password: PASSWORD });
    const answers = await Promise.all(['a@example.com', 'b@example.com'].map(register));
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const outbox = async () => {
      const { rows } = await sql<{ kind: string; status: string; attempts: number }>`
        select kind, status, attempts from outbox order by kind, id`.execute(down.db);
      return rows;
    };
    const tried = await eventually(outbox, (rows) =>
      rows.every(({ attempts, status }) => attempts > 0 && status === 'queued'),
    );
    expect(tried.map(({ kind, status }) => [kind, status])).toEqual([
      ['invitation', 'queued'],
      ['verification-code', 'queued'],
      ['verification-code', 'queued'],
    ]);
    await down.close();
  });
});
