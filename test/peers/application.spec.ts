import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { startApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { startOAuth2Provider } from '../harness/oauth2-provider.js';
import { startDovecot } from '../harness/peers/dovecot.js';
import { type Endpoint, USER } from '../harness/peers/endpoint.js';
import { startExim } from '../harness/peers/exim.js';
import { describeWithPeer, DOVECOT, EXIM, POSTFIX } from '../harness/peers/installed.js';
import { startPostfix } from '../harness/peers/postfix.js';
import { PASSWORD } from '../harness/people.js';
import { type SmtpServer, startSmtpServer, testAuthority } from '../harness/smtp-server.js';

const SIGN_IN = { SMTP_USERNAME: USER.user, SMTP_PASSWORD: USER.pass };

/** Somebody registers with the whole application, and types the code that this server hands on. */
async function registerVia(
  place: Endpoint,
  sink: SmtpServer,
  env: Record<string, string>,
): Promise<void> {
  const database = await createTestDatabase();
  const ca = join(database.env.DATA_DIR, '..', 'ca.pem');
  writeFileSync(ca, testAuthority().cert);
  const app = await startApp(
    {
      SMTP_HOST: 'localhost',
      SMTP_PORT: String(place.port),
      SMTP_SENDER: 'Acme <no-reply@acme.test>',
      SMTP_TLS_CA_FILE: ca,
      ...env,
    },
    database,
  );
  try {
    const email = 'ada@example.com';
    await app.http.post('/auth/register', { email, password: PASSWORD });
    const { raw } = await sink.waitForMessage(({ rcpts }) => rcpts.includes(email), 10_000);
    const mail = await PostalMime.parse(raw);
    expect(mail.from).toEqual({ name: 'Acme', address: 'no-reply@acme.test' });
    expect(mail.to).toMatchObject([{ address: email }]);
    const code = /\b\d{6}\b/.exec(mail.text ?? '')?.[0];
    const { status, body } = await app.http.post('/auth/verification', { email, code });
    expect(body).toMatchObject({ user: { email } });
    expect(status).toBe(200);
  } finally {
    await app.close();
    await database.drop();
  }
}

/** Logs are written in their own time. */
async function expectLine(peer: { readonly log: string }, part: string): Promise<void> {
  expect(
    await eventually(
      () => peer.log,
      (log) => log.includes(part),
      2_000,
    ),
  ).toContain(part);
}

describeWithPeer(POSTFIX, () => {
  it('takes the mail of a registration by STARTTLS and password', async () => {
    await using sink = await startSmtpServer();
    await using postfix = await startPostfix({ relayTo: sink.port });
    await registerVia(postfix.starttls, sink, SIGN_IN);
    await expectLine(postfix, `sasl_method=PLAIN, sasl_username=${USER.user}`);
  });
});

describeWithPeer(EXIM, () => {
  it('takes the mail of a registration by TLS from the first byte, and CRAM-MD5', async () => {
    await using sink = await startSmtpServer();
    await using exim = await startExim({ relayTo: sink.port });
    const env = { ...SIGN_IN, SMTP_TLS: 'true', SMTP_AUTH_METHOD: 'cram-md5' };
    await registerVia(exim.implicit, sink, { ...env, SMTP_TLS_ANY_PORT: 'true' });
    await expectLine(exim, `A=cram:${USER.user}`);
  });
});

describeWithPeer(DOVECOT, () => {
  it('takes the mail of a registration by an access token', async () => {
    await using provider = await startOAuth2Provider();
    provider.server.service.on('beforeTokenSigning', ({ payload }) => {
      payload['sub'] = USER.user;
    });
    await using sink = await startSmtpServer();
    await using dovecot = await startDovecot({ relayTo: sink.port, tokensOf: provider });
    await registerVia(dovecot.starttls, sink, {
      SMTP_USERNAME: USER.user,
      SMTP_OAUTH2_TOKEN_URL: provider.tokenUrl,
      SMTP_OAUTH2_CLIENT_ID: 'gatepost',
      SMTP_OAUTH2_CLIENT_SECRET: 'canary-client-secret',
      SMTP_OAUTH2_SCOPE: 'smtp',
    });
    await expectLine(dovecot, `Login: user=<${USER.user}>, method=OAUTHBEARER`);
  });
});
