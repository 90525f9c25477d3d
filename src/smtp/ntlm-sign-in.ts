import type { SMTPConnectionCustomAuthContext } from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '#mailer-config';
import { authenticateMessage, negotiateMessage, parseChallenge } from './ntlm.js';
import { parseReply } from './reply.js';

/**
 * AUTH NTLM (MS-XLOGIN, MS-SMTPNTLM) on nodemailer's connection. A refusal is told by the last
 * reply, which nodemailer adds to the error.
 */
export async function signInByNtlm(
  { sendCommand }: Pick<SMTPConnectionCustomAuthContext, 'sendCommand'>,
  { username = '', password = '', ntlmDomain, ntlmWorkstation }: SmtpSettings['auth'],
): Promise<void> {
  const asked = await sendCommand(`AUTH NTLM ${negotiateMessage().toString('base64')}`);
  if (asked.status !== 334) throw new Error('no challenge');
  const challenge = parseChallenge(Buffer.from(asked.text, 'base64'));
  if (!challenge) throw new Error('no NTLM challenge');
  const answer = authenticateMessage(challenge, {
    username,
    password,
    domain: ntlmDomain ?? '',
    workstation: ntlmWorkstation ?? '',
  });
  const told = await sendCommand(answer.toString('base64'));
  if (parseReply(told.response)?.code !== 235) throw new Error('refused');
}
