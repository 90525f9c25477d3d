import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, databaseKind } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { firstAdminVia, PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { type Moment, reply, startSmtpServer } from '../harness/smtp-server.js';

const secrets = {
  environment: 'canary-of-the-environment-4711',
  account: 'canary-of-the-account-4712',
  clientSecret: 'canary-of-the-client-4713',
  refreshToken: 'canary-of-the-refresh-token-4714',
  accessToken: 'canary-of-the-access-token-4715',
  proxy: 'canary-of-the-proxy-4716',
};

/** Whoever finds one of these has found a secret, whatever wraps it. */
const tellTales = Object.values(secrets).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  // Base64 of it at each of the three places in which it can begin.
  ...['', 'x', 'xx'].map((before) =>
    Buffer.from(`${before}${secret}`).toString('base64').slice(4, 24),
  ),
]);

const hitsIn = (place: string, text: string) =>
  tellTales.filter((tale) => text.includes(tale)).map((tale) => `${tale} in ${place}`);

/** A token endpoint that answers one token, then says no, quoting what it was sent. */
async function tokenEndpoint() {
  let asked = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      asked += 1;
      const token = { access_token: secrets.accessToken, token_type: 'Bearer', expires_in: 3600 };
      const refusal = { error: 'invalid_grant', error_description: body };
      response.writeHead(asked === 1 ? 200 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify(asked === 1 ? token : refusal));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked: () => asked,
    close: () => server.close(),
  };
}

function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
}

describe('F01–F03, F08, F27: secrets', () => {
  it('are in no log, no answer, no file of the data directory and no process argument', async () => {
    const database = await createTestDatabase();
    await using a = await startSmtpServer({
      auth: { user: 'mailer', pass: secrets.environment, inClear: true },
    });
    const quoting = (secret: string) => ({
      auth: ({ line }: Moment) => reply(535, `5.7.8 ${line} ${secret} refused`),
    });
    await using b = await startSmtpServer({
      auth: { user: 'mailer', pass: 'another', inClear: true, methods: ['PLAIN'] },
      script: quoting(secrets.account),
    });
    await using c = await startSmtpServer({
      auth: { user: 'mailer', pass: 'another', inClear: true, methods: ['XOAUTH2', 'OAUTHBEARER'] },
      script: quoting(secrets.accessToken),
    });
    const tokens = await tokenEndpoint();
    const process = await GatepostProcess.serve({
      ...database.env,
      LOG_LEVEL: 'trace',
      RATE_LIMIT: 'off',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(a.port),
      SMTP_SENDER: 'no-reply@acme.test',
      SMTP_USERNAME: 'mailer',
      SMTP_PASSWORD: secrets.environment,
      SMTP_REQUIRE_TLS: 'false',
      SMTP_ALLOW_PRIVATE_HOSTS: 'true',
      FIRST_ADMIN_EMAIL: 'admin@example.com',
    });
    const texts: Record<string, string> = {};
    try {
      const http = new HttpClient(process.url);
      const { accessToken: token } = await firstAdminVia({ http }, a);
      const call = async (method: string, path: string, body?: unknown) => {
        const answer = await http.call(method, path, body, { token });
        texts[`${method} ${path}`] = JSON.stringify([...answer.headers]) + answer.text;
        return answer;
      };
      const common = { host: '127.0.0.1', sender: 'no-reply@acme.test', requireTls: false };
      const made = await call('POST', '/admin/smtp-accounts', {
        ...common,
        name: 'quoting',
        port: b.port,
        username: 'mailer',
        password: secrets.account,
      });
      expect(made.status).toBe(201);
      const oauth2 = await call('POST', '/admin/smtp-accounts', {
        ...common,
        name: 'by token',
        port: c.port,
        username: 'mailer',
        oauth2TokenUrl: tokens.url,
        oauth2ClientId: 'gatepost',
        oauth2ClientSecret: secrets.clientSecret,
        oauth2RefreshToken: secrets.refreshToken,
        oauth2Grant: 'refresh_token',
      });
      expect(oauth2.status).toBe(201);
      // What is wrong with it must be said without it.
      await call('POST', '/admin/smtp-accounts', {
        ...common,
        name: 'wrong',
        port: 0,
        password: secrets.account,
        proxy: `nonsense://user:${secrets.proxy}@127.0.0.1`,
      });
      await call('PATCH', `/admin/smtp-accounts/${made.body.id}`, {
        password: `${secrets.account}\r\n`,
      });

      a.script = quoting(secrets.environment);
      a.dropConnections();
      await http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
      const mails = await eventually(
        () => call('GET', '/admin/mails?to=ada@example.com'),
        ({ body }) => body.items[0]?.attempts > 0 && body.items[0]?.status === 'queued',
      );
      expect(tokens.asked()).toBe(2);
      for (const path of [
        `/admin/mails/${mails.body.items[0].id}`,
        '/admin/smtp-accounts',
        '/admin/smtp-accounts/environment',
        `/admin/smtp-accounts/${made.body.id}`,
        `/admin/smtp-accounts/${oauth2.body.id}`,
        '/health/ready',
        '/metrics',
        '/openapi.json',
      ])
        expect((await call('GET', path)).status).toBe(200);
      const timeline = texts[`GET /admin/mails/${mails.body.items[0].id}`];
      // It was quoted, and masked.
      expect(timeline).toContain('refused');
      expect(timeline).toContain('by token');
      texts['the process arguments'] = readFileSync(`/proc/${process.pid}/cmdline`, 'utf8');
    } finally {
      await process.stop();
      tokens.close();
    }
    texts['the log'] = process.output;
    if (databaseKind === 'embedded')
      for (const file of filesBelow(database.env.DATA_DIR))
        texts[file.replace(database.env.DATA_DIR, '')] = readFileSync(file, 'latin1');
    expect(Object.entries(texts).flatMap(([place, text]) => hitsIn(place, text))).toEqual([]);
    // The search finds what is there.
    expect(
      hitsIn('x', `x ${Buffer.from(`\0mailer\0${secrets.account}`).toString('base64')}`),
    ).not.toEqual([]);
    await database.drop();
  }, 60_000);
});
