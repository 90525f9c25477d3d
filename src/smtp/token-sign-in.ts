import type { SMTPConnectionCustomAuthContext } from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '#mailer-config';
import { parseReply, type Reply } from './reply.js';

export const TOKEN_METHODS = ['OAUTHBEARER', 'XOAUTH2'] as const;
export type TokenMethod = (typeof TOKEN_METHODS)[number];

/** The server does not take the token, whatever else it may say. */
export class RefusedToken extends Error {}

/** RFC 5321 section 4.5.3.1.4, the line end included. */
const MAX_COMMAND_OCTETS = 512;

/**
 * Signs in with an access token: AUTH OAUTHBEARER (RFC 7628), or Google's XOAUTH2, from which that
 * was made. What is refused is told by the last reply, which nodemailer adds to the error.
 * @throws RefusedToken where another token may do
 */
export async function signInByToken(
  { sendCommand }: Pick<SMTPConnectionCustomAuthContext, 'sendCommand'>,
  method: TokenMethod,
  account: Pick<SmtpSettings, 'host' | 'port' | 'auth'>,
  token: string,
): Promise<void> {
  const ask = async (line: string): Promise<Reply['code'] | undefined> =>
    parseReply((await sendCommand(line)).response)?.code;
  const proof = Buffer.from(initialResponse(method, account, token)).toString('base64');
  const whole = `AUTH ${method} ${proof}`;
  // RFC 4954 section 4: a response that makes the command too long is sent when asked for. Some
  // servers cut the command at 2048 octets, which Microsoft's tokens exceed, but not a response.
  const fits = whole.length + '\r\n'.length <= MAX_COMMAND_OCTETS;
  let code = await ask(fits ? whole : `AUTH ${method}`);
  if (!fits && code === 334) code = await ask(proof);
  const challenged = code === 334;
  // The challenge tells what is wrong; the refusal itself comes after an answer that says nothing.
  if (challenged) code = await ask(method === 'OAUTHBEARER' ? CONTROL_A_IN_BASE64 : '');
  if (code === 235) return;
  if (code === 535 || (challenged && code !== undefined && code >= 500)) throw new RefusedToken();
  throw new Error('not signed in');
}

/** RFC 7628 section 3.2.3. */
const CONTROL_A_IN_BASE64 = 'AQ==';

function initialResponse(
  method: TokenMethod,
  { host, port, auth }: Pick<SmtpSettings, 'host' | 'port' | 'auth'>,
  token: string,
): string {
  const user = auth.username ?? '';
  if (method === 'XOAUTH2') return `user=${user}\x01auth=Bearer ${token}\x01\x01`;
  return `n,a=${saslName(user)},\x01host=${host}\x01port=${port}\x01auth=Bearer ${token}\x01\x01`;
}

/** RFC 5801 section 4. */
const saslName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

/** A challenge whose base64 is JSON, as what it says; anything else as it is. */
export function readableChallenge(reply: string): string {
  const [, base64 = ''] = /^334 (\S+)$/.exec(reply) ?? [];
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return text.startsWith('{') ? `334 ${text}` : reply;
}
