import PostalMime from 'postal-mime';
import type { TestApp } from './app.js';
import type { SmtpServer } from './smtp-server.js';

export const PASSWORD = 'correct horse battery staple';

/** What `POST /auth/login` and its like answer. */
export interface Session {
  accessToken: string;
  refreshToken: string;
  tokenType: 'Bearer';
  expiresIn: number;
  user: { id: string; email: string; role: 'admin' | 'member'; status: string };
}

/** Somebody who has registered and typed the code from the mail. */
export async function member(app: TestApp, email: string, password = PASSWORD): Promise<Session> {
  await app.http.post('/auth/register', { email, password });
  const { code } = await app.inbox.waitFor(email);
  const { status, body } = await app.http.post('/auth/verification', { email, code });
  if (status !== 200) throw new Error(`${email} could not verify: ${JSON.stringify(body)}`);
  return body as Session;
}

/** Who follows the invitation that waits in the inbox of every fresh start. */
export async function firstAdmin(app: TestApp): Promise<Session> {
  const mail = await app.inbox.waitFor('admin@example.com');
  const { status, body } = await app.http.post('/invitations/accept', {
    token: tokenIn(mail.links),
    password: PASSWORD,
  });
  if (status !== 201) throw new Error(`The first admin could not join: ${JSON.stringify(body)}`);
  return body as Session;
}

/** The token in the link of a mail. */
export function tokenIn(links: readonly string[]): string {
  const token = links.map((link) => new URL(link).searchParams.get('token')).find(Boolean);
  if (!token) throw new Error(`No link with a token among ${links.join(', ') || 'no links'}`);
  return token;
}

/** As {@link firstAdmin}, where the invitation went to a mail server. Needs FIRST_ADMIN_EMAIL. */
export async function firstAdminVia(
  app: Pick<TestApp, 'http'>,
  server: SmtpServer,
): Promise<Session> {
  const { raw } = await server.waitForMessage(
    ({ rcpts }) => rcpts.includes('admin@example.com'),
    10_000,
  );
  const { text = '' } = await PostalMime.parse(raw);
  const { status, body } = await app.http.post('/invitations/accept', {
    token: tokenIn(text.match(/https?:\/\/\S+/g) ?? []),
    password: PASSWORD,
  });
  if (status !== 201) throw new Error(`The first admin could not join: ${JSON.stringify(body)}`);
  return body as Session;
}
