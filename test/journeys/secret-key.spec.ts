import { sql } from '#database';
import { startApp } from '../harness/app.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { member, PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { startSmtpServer } from '../harness/smtp-server.js';
import { freePort } from '../../src/free-port.js';

const ORIGINAL = '0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff0';
const NEW = '8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b';

// The same at each start, as access tokens are issued in its name.
const ADMIN_WEB_URL = 'http://acme.test';

describe('F09: the secret key', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('that is not the one of the database stops the start, says what to do, and changes nothing', async () => {
    const first = await startApp({ ADMIN_WEB_URL, SECRET_KEY: ORIGINAL }, database);
    await member(first, 'ada@example.com');
    await first.close();

    const wrong = await GatepostProcess.run(['serve'], { ...database.env, SECRET_KEY: NEW });
    expect(wrong.code).toBe(2);
    expect(wrong.output).toContain('SECRET_KEY is not the key that this database was made with');
    expect(wrong.output).toContain('SECRET_KEY_PREVIOUS');
    expect(wrong.output).not.toContain(NEW);

    const again = await startApp({ ADMIN_WEB_URL, SECRET_KEY: ORIGINAL }, database);
    const login = await again.http.post('/auth/login', {
      email: 'ada@example.com',
      password: PASSWORD,
    });
    expect(login.status).toBe(200);
    await again.close();
  }, 60_000);

  it('is changed with SECRET_KEY_PREVIOUS: codes, links, sessions and mails go on', async () => {
    const before = await startApp({ ADMIN_WEB_URL, SECRET_KEY: ORIGINAL }, database);
    const session = await member(before, 'ada@example.com');
    await before.http.post('/auth/register', { email: 'grace@example.com', password: PASSWORD });
    const { code } = await before.inbox.waitFor('grace@example.com');
    await before.close();

    const between = await startApp(
      { ADMIN_WEB_URL, SECRET_KEY: NEW, SECRET_KEY_PREVIOUS: ORIGINAL },
      database,
    );
    const me = await between.http.get('/users/me', { token: session.accessToken });
    expect(me.body.email).toBe('ada@example.com');
    const verified = await between.http.post('/auth/verification', {
      email: 'grace@example.com',
      code,
    });
    expect(verified.status).toBe(200);
    const refreshed = await between.http.post('/auth/refresh', {
      refreshToken: session.refreshToken,
    });
    expect(refreshed.status).toBe(200);
    await between.close();

    const after = await startApp({ ADMIN_WEB_URL, SECRET_KEY: NEW }, database);
    const token = refreshed.body.accessToken;
    expect((await after.http.get('/users/me', { token })).status).toBe(200);
    const { rows } = await sql`select from key_check`.execute(after.db);
    expect(rows).toHaveLength(1);
    await after.close();
  }, 60_000);

  it('is done with once `reseal` has sealed everything with the new key: what waits is sent', async () => {
    const port = await freePort('127.0.0.1');
    const env = {
      ADMIN_WEB_URL,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port),
      SMTP_SENDER: 'no-reply@acme.test',
    };
    const before = await startApp({ ...env, SECRET_KEY: ORIGINAL }, database);
    await before.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
    await before.close();

    const both = { ...env, SECRET_KEY: NEW, SECRET_KEY_PREVIOUS: ORIGINAL };
    const resealed = await GatepostProcess.run(['reseal'], { ...database.env, ...both });
    expect(resealed).toMatchObject({ code: 0 });
    expect(resealed.output).toContain('1 mails that wait, 0 SMTP accounts');
    expect(resealed.output).toContain('SECRET_KEY_PREVIOUS');
    const again = await GatepostProcess.run(['reseal'], { ...database.env, ...both });
    expect(again.output).toContain('0 mails that wait');

    await using server = await startSmtpServer({ port });
    const after = await startApp({ ...env, SECRET_KEY: NEW }, database);
    const { rcpts } = await server.waitForMessage(() => true, 15_000);
    expect(rcpts).toEqual(['ada@example.com']);
    await after.close();
  }, 60_000);
});
