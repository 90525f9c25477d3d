import { generateKeyPairSync } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import { startOAuth2Provider } from '../../test/harness/oauth2-provider.js';
import {
  oauth2For,
  startTokenServer,
  type TokenScript,
  type TokenServer,
} from '../../test/harness/token-server.js';
import type { OAuth2Settings } from '#mailer-config';
import { NoAccessToken } from '#smtp';
import { requestAccessToken } from './grants.js';

const USERNAME = 'noreply@acme.example';

let server: TokenServer;
beforeEach(async () => {
  server = await startTokenServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const ask = (settings: OAuth2Settings, rest = {}) =>
  requestAccessToken(settings, {
    username: USERNAME,
    reach: 'any',
    signal: new AbortController().signal,
    ...rest,
  });

/** What was thrown; fails where nothing was. */
async function failureOf(work: Promise<unknown>): Promise<NoAccessToken> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NoAccessToken);
  return error as NoAccessToken;
}

describe('the grants', () => {
  it('client_credentials sends client and scope in the body', async () => {
    const tokens = await ask(oauth2For(server, 'client_credentials', { scope: 'mail/.default' }));
    expect(tokens).toEqual({
      accessToken: 'access-1',
      expiresIn: 3600,
      refreshToken: undefined,
    });
    expect(Object.fromEntries(server.calls[0]!.params)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'the-client',
      client_secret: 'the-client-secret',
      scope: 'mail/.default',
    });
  });

  it('refresh_token tells a new refresh token, and not the same one', async () => {
    server.script = (call, number) => ({
      body: {
        access_token: 'a',
        token_type: 'bearer',
        refresh_token: number === 1 ? 'refresh-1' : call.params.get('refresh_token'),
      },
    });
    const settings = oauth2For(server, 'refresh_token', { clientSecret: undefined });
    expect(await ask(settings)).toEqual({
      accessToken: 'a',
      expiresIn: undefined,
      refreshToken: 'refresh-1',
    });
    expect(await ask(settings, { refreshToken: 'refresh-1' })).toMatchObject({
      refreshToken: undefined,
    });
    expect(server.calls.map(({ params }) => Object.fromEntries(params))).toEqual([
      { grant_type: 'refresh_token', client_id: 'the-client', refresh_token: 'refresh-0' },
      { grant_type: 'refresh_token', client_id: 'the-client', refresh_token: 'refresh-1' },
    ]);
  });

  it('service_account signs that it acts for the mailbox, and sends nothing else', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await ask(
      oauth2For(server, 'service_account', {
        clientId: undefined,
        clientSecret: undefined,
        serviceAccount: {
          email: 'robot@project.example',
          keyId: 'key-1',
          privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        },
      }),
    );
    const { assertion, ...others } = Object.fromEntries(server.calls[0]!.params);
    expect(others).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' });
    const { payload, protectedHeader } = await jwtVerify<JWTPayload>(assertion!, publicKey, {
      audience: server.url,
      issuer: 'robot@project.example',
      subject: USERNAME,
      maxTokenAge: '1 minute',
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(payload['scope']).toBe('https://mail.google.com/');
  });

  it('take what a provider of OpenID Connect gives, with an ID token of whoever issued it', async () => {
    await using provider = await startOAuth2Provider('https://issuer.example');
    const { accessToken, refreshToken, expiresIn } = await ask(
      oauth2For({ url: provider.tokenUrl }, 'refresh_token', { scope: 'openid mail' }),
    );
    expect(accessToken.split('.')).toHaveLength(3);
    expect(refreshToken).toMatch(/./);
    expect(expiresIn).toBe(3600);
  });
});

describe('A23: a token endpoint that gives no token', () => {
  const refuse =
    (error: string, error_description?: string, status = 400): TokenScript =>
    () => ({ status, body: { error, error_description } });
  const html = '<!doctype html><title>Sorry</title>';

  it.each<[string, TokenScript, NoAccessToken['kind'], RegExp]>([
    ['500', () => ({ status: 500 }), 'transient', /HTTP 500.*tried again/],
    ['503 in HTML', () => ({ status: 503, body: html }), 'transient', /HTTP 503/],
    ['500 with an error of the RFC', refuse('invalid_grant', '', 500), 'transient', /HTTP 500/],
    ['429', () => ({ status: 429 }), 'transient', /HTTP 429/],
    ['temporarily_unavailable', refuse('temporarily_unavailable'), 'transient', /temporarily/],
    ['a connection that ends', (_c, _n, r) => void r.destroy(), 'transient', /ECONNRESET/],
    ['HTML', () => ({ body: html }), 'settings', /something that is no token.*text\/html/],
    ['404', () => ({ status: 404, body: html }), 'settings', /404.*SMTP_OAUTH2_TOKEN_URL/],
    ['400 without an error', () => ({ status: 400, body: {} }), 'settings', /no bearer token/],
    ['a list', () => ({ body: [] }), 'settings', /no token/],
    ['no access token', () => ({ body: { token_type: 'bearer' } }), 'settings', /no bearer/],
    [
      'a token of another kind',
      () => ({ body: { access_token: 'a', token_type: 'mac' } }),
      'settings',
      /no bearer token/,
    ],
    [
      'a token that would end the line it stands in',
      () => ({ body: { access_token: 'a\u0001\r\nRSET', token_type: 'bearer' } }),
      'settings',
      /no bearer token/,
    ],
    ['100 KiB', () => ({ body: ' '.repeat(100 * 1024) }), 'settings', /more than 64 KiB/],
    ['invalid_client', refuse('invalid_client', 'no', 401), 'settings', /SMTP_OAUTH2_CLIENT_ID/],
    ['invalid_scope', refuse('invalid_scope'), 'settings', /SMTP_OAUTH2_SCOPE/],
    ['unauthorized_client', refuse('unauthorized_client'), 'settings', /administrator/],
    ['invalid_grant', refuse('invalid_grant', 'expired'), 'consent', /invalid_grant: expired/],
    ['interaction_required', refuse('interaction_required'), 'consent', /no longer takes/],
  ])('%s', async (_name, script, kind, sentence) => {
    server.script = script;
    const failure = await failureOf(ask(oauth2For(server, 'refresh_token')));
    expect(failure.message).toMatch(sentence);
    expect(failure.kind).toBe(kind);
    expect(server.calls).toHaveLength(1);
  });

  it('a 401 with a challenge is read like any refusal', async () => {
    server.script = () => ({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="x"' },
      body: { error: 'invalid_client' },
    });
    const failure = await failureOf(ask(oauth2For(server, 'client_credentials')));
    expect(failure.message).toContain('invalid_client');
  });

  it('one that drips is given up at the deadline, whatever has come', async () => {
    server.script = (_call, _number, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
      return undefined;
    };
    const began = performance.now();
    const failure = await failureOf(
      ask(oauth2For(server, 'client_credentials'), { deadline: 200 }),
    );
    expect(failure).toMatchObject({ kind: 'transient' });
    expect(failure.message).toContain('did not answer a request for a token within 0.2 s');
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('one that is down is tried again', async () => {
    const down = await startTokenServer();
    const settings = oauth2For(down, 'client_credentials');
    await down[Symbol.asyncDispose]();
    const failure = await failureOf(ask(settings));
    expect(failure).toMatchObject({ kind: 'transient' });
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it('without consent is not asked', async () => {
    const settings = oauth2For(server, 'refresh_token', {
      refreshToken: undefined,
      authorizationUrl: 'https://provider.example/authorize',
    });
    const failure = await failureOf(ask(settings, { accountName: "Ada's" }));
    expect(failure.kind).toBe('consent');
    expect(failure.message).toContain(`gatepost oauth2 authorize --account 'Ada'\\''s'`);
    expect(server.calls).toEqual([]);
  });
});

describe('F03: what a provider says', () => {
  it('is shown without secrets and control characters, and not at length', async () => {
    server.script = ({ params }) => ({
      status: 400,
      body: {
        error: 'invalid_client',
        error_description: `\u001b[2J\r\n\u202e ${[...params.values()].join(' ')} ${encodeURIComponent('s+/=cret')} ${'x'.repeat(500)}`,
      },
    });
    const settings = oauth2For(server, 'refresh_token', {
      clientSecret: 's+/=cret',
      refreshToken: 'refresh/0',
    });
    const { message } = await failureOf(ask(settings));
    expect(message).not.toMatch(/s\+\/=|s%2B|refresh\/0|refresh%2F0|[\p{Cc}\u202e]/u);
    expect(message).toContain(String.raw`\u{1b}[2J\u{d}\u{a}\u{202e}`);
    expect(message.length).toBeLessThan(400);
  });
});

describe('where a token may be asked for', () => {
  it.each([301, 302, 303, 307, 308])(
    'F07: HTTP %i to another origin is a failure, and no credentials go there',
    async (status) => {
      await using thief = await startTokenServer();
      server.script = () => ({ status, headers: { location: thief.url } });
      const failure = await failureOf(ask(oauth2For(server, 'client_credentials')));
      expect(failure).toMatchObject({ kind: 'settings' });
      expect(failure.message).toMatch(/redirects .* credentials do not follow/);
      expect(thief.calls).toEqual([]);
    },
  );

  it.each([
    'http://login.example/token',
    'http://127.0.0.1.evil.example/token',
    'http://localhost.evil.example/token',
    'https://user:password@login.example/token',
    'ftp://login.example/token',
    'login.example/token',
    '',
  ])('F07: %s is refused', async (url) => {
    const failure = await failureOf(ask(oauth2For({ url }, 'client_credentials')));
    expect(failure).toMatchObject({ kind: 'settings' });
    expect(failure.message).toContain('https only');
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1'])(
    'F05: for an account set over the API http://%s is none',
    async (host) => {
      const { port } = new URL(server.url);
      const settings = oauth2For({ url: `http://${host}:${port}/token` }, 'client_credentials');
      const failure = await failureOf(ask(settings, { reach: 'public' }));
      expect(failure).toMatchObject({ kind: 'settings' });
      expect(failure.message).toContain('private, loopback, link-local');
      expect(server.calls).toEqual([]);
    },
  );

  it.each(['10.0.0.1', '169.254.169.254', '[::ffff:10.0.0.1]', '0.0.0.0'])(
    'F05: nor is https://%s',
    async (host) => {
      const settings = oauth2For({ url: `https://${host}/token` }, 'client_credentials');
      const failure = await failureOf(ask(settings, { reach: 'public' }));
      expect(failure).toMatchObject({ kind: 'settings' });
      expect(failure.message).toContain('private, loopback, link-local');
    },
  );
});
