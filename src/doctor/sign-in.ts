import { createHmac } from 'node:crypto';
import type { SmtpSettings } from '#mailer-config';
import {
  chooseAuthMethod,
  readableChallenge,
  type Reply,
  signInByNtlm,
  signInByToken,
} from '#smtp';
import { wholeReply } from './dialogue.js';
import type { Heard, Wire } from './wire.js';

/** How to sign in: what `chooseAuthMethod` has chosen. */
export type SignInChoice = Extract<
  ReturnType<typeof chooseAuthMethod>,
  { kind: 'method' | 'token' }
>;

/** How it ended: the last word of the server, and what it said on the way. */
export interface SignedIn {
  readonly last: Heard;
  /** With OAuth2 the reason stands here, and not in the refusal. */
  readonly challenge: string | undefined;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * Signs in once (RFC 4954). The transcript has the method, and nothing of what proves who we are.
 * @param ms hard end
 */
export async function signIn(
  wire: Wire,
  plan: SmtpSettings,
  choice: SignInChoice,
  token: string | undefined,
  ms: number,
): Promise<SignedIn> {
  const ends = performance.now() + ms;
  let last: Heard | undefined;
  let challenge: string | undefined;
  const say = async (line: string): Promise<Reply> => {
    const isFirst = line.startsWith('AUTH ');
    const shown = isFirst ? `AUTH ${choice.method}${line.split(' ')[2] ? ' ***' : ''}` : '***';
    last = await wire.ask(line, Math.max(1, ends - performance.now()), shown);
    if (last.kind !== 'reply') throw new Interrupted();
    if (last.reply.code === 334) challenge = readableChallenge(wholeReply(last.reply));
    return last.reply;
  };
  try {
    await exchange(say, plan, choice, token);
  } catch (error) {
    // whatever the exchange makes of it, the server's last word tells
    if (!last) throw error;
  }
  return { last: last ?? { kind: 'silence', ms: 0, received: '' }, challenge };
}

class Interrupted extends Error {}

type Say = (line: string) => Promise<Reply>;

async function exchange(
  say: Say,
  plan: SmtpSettings,
  { method }: SignInChoice,
  token = '',
): Promise<void> {
  const { username = '', password = '' } = plan.auth;
  const sendCommand = sendingCommands(say);
  switch (method) {
    case 'PLAIN':
      await say(`AUTH PLAIN ${base64(`\0${username}\0${password}`)}`);
      return;
    case 'LOGIN':
      for (const line of ['AUTH LOGIN', base64(username), base64(password)])
        if ((await say(line)).code !== 334) return;
      return;
    case 'CRAM-MD5':
      return await challengeResponse(say, username, password);
    case 'NTLM':
      return await signInByNtlm({ sendCommand }, plan.auth);
    case 'OAUTHBEARER':
    case 'XOAUTH2':
      return await signInByToken({ sendCommand }, method, plan, token);
    default:
      return method satisfies never;
  }
}

/** RFC 2195. */
async function challengeResponse(say: Say, username: string, password: string): Promise<void> {
  const asked = await say('AUTH CRAM-MD5');
  if (asked.code !== 334) return;
  const challenge = Buffer.from(asked.lines.join(''), 'base64');
  const digest = createHmac('md5', password).update(challenge).digest('hex');
  await say(base64(`${username} ${digest}`));
}

type SendCommand = Parameters<typeof signInByNtlm>[0]['sendCommand'];

/** What the exchanges that the transport has of its own are written against. */
function sendingCommands(say: Say): SendCommand {
  const send = async (line: string) => {
    const reply = await say(line);
    const { code: status, lines } = reply;
    return { command: line, response: wholeReply(reply), status, text: lines.join('\n') };
  };
  return send as unknown as SendCommand;
}
