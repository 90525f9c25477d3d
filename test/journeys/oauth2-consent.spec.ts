import { PassThrough } from 'node:stream';
import { sql } from '#database';
import { authorize } from '../../src/oauth2-authorize.js';
import { loadConfiguration } from '../../src/configuration.js';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { type OAuth2Provider, startOAuth2Provider } from '../harness/oauth2-provider.js';
import { firstAdminVia, PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';
import { startTokenServer } from '../harness/token-server.js';

const MAILBOX = 'noreply@acme.example';
const ROUTE = '/admin/smtp-accounts/environment/oauth2/authorize';

let provider: OAuth2Provider;
beforeEach(async () => {
  provider = await startOAuth2Provider();
});
afterEach(() => provider[Symbol.asyncDispose]());

const oauth2 = () => ({
  SMTP_OAUTH2_GRANT: 'refresh_token',
  SMTP_OAUTH2_TOKEN_URL: provider.tokenUrl,
  SMTP_OAUTH2_AUTHORIZE_URL: provider.authorizationUrl,
  SMTP_OAUTH2_CLIENT_ID: 'the-client',
  SMTP_OAUTH2_CLIENT_SECRET: 'the-client-secret',
  SMTP_OAUTH2_SCOPE: 'mail.send offline_access',
  SMTP_USERNAME: MAILBOX,
});
const smtp = {
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '2525',
  SMTP_SENDER: MAILBOX,
  SMTP_REQUIRE_TLS: 'false',
};

/** Where the browser of whoever consents is sent to. */
async function consentedTo(url: string): Promise<URL> {
  const { status, headers } = await fetch(url, { redirect: 'manual' });
  expect(status).toBe(302);
  return new URL(headers.get('location')!);
}

const tokensIn = async (app: Pick<TestApp, 'db'>) =>
  (await app.db.selectFrom('oauth2_tokens').selectAll().execute()).filter(
    ({ sealed, needs_consent }) => sealed && !needs_consent,
  );

describe('consent over the API', () => {
  let server: SmtpServer;
  let database: TestDatabase;
  let app: TestApp;
  let token: string;
  /** That the mail server takes: those that the provider gave. */
  let tokens: Set<string>;

  beforeEach(async () => {
    tokens = new Set();
    server = await startSmtpServer({
      auth: { user: MAILBOX, pass: '', methods: ['XOAUTH2'], tokens },
    });
    provider.server.service.on('beforeResponse', ({ body }) => tokens.add(body.access_token));
    database = await createTestDatabase();
    const env = { ...smtp, SMTP_PORT: String(server.port), FIRST_ADMIN_EMAIL: 'admin@example.com' };
    const before = await startApp(env, database);
    token = (await firstAdminVia(before, server)).accessToken;
    await before.close();
    app = await startApp({ ...env, ...oauth2() }, database);
  }, 60_000);
  afterEach(async () => {
    await app.close();
    await database.drop();
    await server.close();
  });

  const begin = async () => {
    const { status, body } = await app.http.post(ROUTE, undefined, { token });
    expect(status).toBe(200);
    return body as { url: string; expiresAt: string };
  };
  const answer = (callback: URL) => app.http.get(`/oauth2/callback${callback.search}`);

  it('asks with state and PKCE, takes the answer once, and keeps what it brings sealed', async () => {
    const { url, expiresAt } = await begin();
    const { searchParams, origin, pathname } = new URL(url);
    expect(origin + pathname).toBe(provider.authorizationUrl);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'the-client',
      redirect_uri: `${app.url}/oauth2/callback`,
      scope: 'mail.send offline_access',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      login_hint: MAILBOX,
    });
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(9 * 60_000);
    const kept = JSON.stringify(await app.db.selectFrom('oauth2_consents').selectAll().execute());
    expect(kept).not.toContain(searchParams.get('state'));

    const given: Record<string, unknown>[] = [];
    provider.server.service.on('beforeResponse', ({ body }, { body: asked }) =>
      given.push({ ...body, ...asked }),
    );
    const callback = await consentedTo(url);
    const done = await answer(callback);
    expect(done.status).toBe(200);
    expect(done.text).toContain('Mail can be sent again');
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(done.headers.get('referrer-policy')).toBe('no-referrer');
    // The provider has checked the verifier against the challenge.
    expect(given).toEqual([
      expect.objectContaining({
        grant_type: 'authorization_code',
        redirect_uri: `${app.url}/oauth2/callback`,
        client_secret: 'the-client-secret',
        code_verifier: expect.stringMatching(/^[\w-]{43,}$/),
      }),
    ]);
    expect(done.text).not.toContain(given[0]!['refresh_token']);
    expect(await tokensIn(app)).toHaveLength(1);

    const again = await answer(callback);
    expect(again.status).toBe(400);
    expect(again.text).toContain('used already');
    expect(given).toHaveLength(1);
  });

  it('A23: ends needing consent; the mails that wait go out at once', async () => {
    const account = async () =>
      (await app.http.get('/admin/smtp-accounts/environment', { token })).body;
    await app.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
    const { health } = await eventually(account, ({ health }) => health.lastFailure, 15_000);
    expect(health).toMatchObject({
      status: 'needs-consent',
      lastFailure: expect.stringContaining('gatepost oauth2 authorize'),
    });
    const [waiting] = (await app.http.get('/admin/mails', { token })).body.items;
    expect(waiting).toMatchObject({ to: 'ada@example.com', status: 'queued' });
    expect(tokens.size).toBe(0);

    // However long the account is to be left alone.
    await sql`update smtp_account_health set paused_until = now() + interval '1 hour'`.execute(
      app.db,
    );
    await sql`select pg_notify('gatepost_smtp_health', '')`.execute(app.db);
    expect((await answer(await consentedTo((await begin()).url))).status).toBe(200);
    await server.waitForMessage(({ rcpts }) => rcpts.includes('ada@example.com'), 15_000);
    const after = (await account()).health;
    expect(after.status).toBe('ok');
    expect(Date.parse(after.tokenExpiresAt) - Date.now()).toBeGreaterThan(3_000_000);
    expect(tokens.size).toBe(1);
  });

  it('takes no answer that is late, forged, refused or for other settings', async () => {
    const forged = await app.http.get(`/oauth2/callback?state=${'x'.repeat(43)}&code=c`);
    expect([forged.status, forged.text]).toEqual([400, expect.stringContaining('Begin again')]);
    expect((await app.http.get('/oauth2/callback')).status).toBe(400);

    const late = await consentedTo((await begin()).url);
    await app.clock.advance('10 minutes');
    expect((await answer(late)).text).toContain('too late');

    const refused = new URL((await begin()).url).searchParams.get('state');
    const page = await app.http.get(
      `/oauth2/callback?state=${refused}&error=access_denied&error_description=${encodeURIComponent('<b>No\u0007')}`,
    );
    expect(page.status).toBe(400);
    expect(page.text).toContain('access_denied: &lt;b&gt;No\\u{7}');

    const other = await consentedTo((await begin()).url);
    await sql`update oauth2_consents set fingerprint = ''`.execute(app.db);
    expect((await answer(other)).text).toContain('have changed');
    expect(await tokensIn(app)).toEqual([]);
  });

  it('says why a provider gives nothing for it', async () => {
    provider.server.service.once('beforeResponse', (response) => {
      delete (response.body as Record<string, unknown>)['refresh_token'];
    });
    const fleeting = await answer(await consentedTo((await begin()).url));
    expect(fleeting.text).toContain('no refresh token');

    provider.server.service.once('beforeResponse', (response) => {
      response.statusCode = 503;
    });
    const down = await answer(await consentedTo((await begin()).url));
    expect([down.status, down.text]).toEqual([502, expect.stringContaining('HTTP 503')]);

    provider.server.service.once('beforeResponse', (response) => {
      response.statusCode = 400;
      response.body = { error: 'invalid_grant' };
    });
    const spent = await answer(await consentedTo((await begin()).url));
    expect(spent.text).toContain('did not take the code (invalid_grant). Begin again.');
    expect(await tokensIn(app)).toEqual([]);
  });

  it('is for admins, and for accounts that there are', async () => {
    expect((await app.http.post(ROUTE)).status).toBe(401);
    const unknown = ROUTE.replace('environment', crypto.randomUUID());
    expect((await app.http.post(unknown, undefined, { token })).status).toBe(404);
  });
});

describe('`gatepost oauth2 authorize`', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const env = (): Record<string, string> => ({ ...database.env, ...smtp, ...oauth2() });

  async function begun(settings = env()) {
    const command = GatepostProcess.start(['oauth2', 'authorize'], settings);
    const printed = () => /^https?:\S+state=\S+$/m.exec(command.output)?.[0];
    const url = await eventually(async () => printed(), Boolean, 50_000);
    if (!url) throw new Error(command.output);
    return { command, url };
  }

  it('prints where to consent, takes the answer on this machine and has it stored', async () => {
    const { command, url } = await begun();
    const callback = await consentedTo(url);
    expect(callback.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
    // What else comes there changes nothing.
    const stray = new URL(callback);
    stray.searchParams.set('state', 'another');
    expect((await fetch(stray)).status).toBe(404);
    const page = await fetch(callback);
    expect(await page.text()).toContain('Mail can be sent again');
    expect(await command.ended()).toBe(0);
    expect(command.output).toContain('"environment" can send again');
    expect(command.output).not.toContain('the-client-secret');

    const app = await startApp(env(), database);
    try {
      expect(await tokensIn(app)).toHaveLength(1);
    } finally {
      await app.close();
    }
  }, 60_000);

  it('goes through a server that runs, and ends with 6 where consent is refused', async () => {
    const server = await GatepostProcess.serve(env());
    try {
      const refused = await begun();
      const { searchParams } = new URL(refused.url);
      const page = await fetch(
        `${searchParams.get('redirect_uri')}?state=${searchParams.get('state')}&error=access_denied`,
      );
      expect(await page.text()).toContain('access_denied');
      expect(await refused.command.ended()).toBe(6);
      expect(refused.command.output).toContain('was refused (access_denied)');

      const { command, url } = await begun();
      await fetch(await consentedTo(url));
      expect(await command.ended()).toBe(0);
    } finally {
      await server.stop();
    }
  }, 60_000);

  it('takes the address by hand where the browser is on another machine', async () => {
    const configuration = loadConfiguration({ env: { LOG_LEVEL: 'silent', ...env() } });
    if (!configuration.ok) throw new Error(JSON.stringify(configuration.faults));
    const input = new PassThrough();
    const print = async (text: string) => {
      const url = /^http\S+state=\S+$/m.exec(text)![0];
      input.write(`what now?\n${(await consentedTo(url)).href}\n`);
    };
    const text = await authorize(
      configuration,
      { port: 0 },
      { input, print: (said) => void print(said) },
    );
    expect(text).toContain('can send again');
  }, 60_000);

  it('ends with 2 where there is nothing to consent to, and 3 where the provider is gone', async () => {
    const password = { ...database.env, ...smtp, SMTP_USERNAME: 'a', SMTP_PASSWORD: 'b' };
    const none = await GatepostProcess.run(['oauth2', 'authorize'], password);
    expect(none).toMatchObject({ code: 2, output: expect.stringContaining('not sign in with') });
    const unknown = await GatepostProcess.run(['oauth2', 'authorize', '--account', 'x'], env());
    expect(unknown).toMatchObject({ code: 2, output: expect.stringContaining('"x"') });

    await using dead = await startTokenServer((_call, _number, response) => {
      response.destroy();
      return undefined;
    });
    const { command, url } = await begun({ ...env(), SMTP_OAUTH2_TOKEN_URL: dead.url });
    await fetch(await consentedTo(url));
    expect(await command.ended()).toBe(3);
    expect(command.output).toContain('can not be reached');
  }, 60_000);

  it('listens where it is told to, and says when it can not', async () => {
    const taken = new URL(provider.tokenUrl).port;
    const refused = await GatepostProcess.run(['oauth2', 'authorize', '--port', taken], env());
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('EADDRINUSE') });
    const wrong = await GatepostProcess.run(['oauth2', 'authorize', '--port', '70000'], env());
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('0 to 65535') });
  }, 60_000);
});
