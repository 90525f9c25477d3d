import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '#mailer-config';
import { signInByNtlm } from './ntlm-sign-in.js';
import { signInByToken } from './token-sign-in.js';

/**
 * What nodemailer's `login` calls the sign-in by token. Under the mechanism's own name it would
 * take the token for none it can use, and send it by a password method that the server offers.
 */
export const BY_TOKEN = 'GATEPOST-TOKEN';

// nodemailer's own timers never decide: they are idle timers, or shared between stages.
const NEVER_MS = 3_600_000;

/** The settings as nodemailer's SMTPConnection wants them. */
export function connectionOptions(account: SmtpSettings): SMTPConnectionOptions {
  const { security, tls } = account;
  return {
    host: account.host,
    port: account.port,
    name: account.ehloName,
    secure: security === 'implicit-tls',
    ignoreTLS: security === 'clear',
    requireTLS: security === 'starttls' && account.requireTls,
    connectionTimeout: NEVER_MS,
    greetingTimeout: NEVER_MS,
    socketTimeout: NEVER_MS,
    // an ended attempt leaves no half-open socket behind
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
    customAuth: {
      NTLM: async (context) => await signInByNtlm(context, account.auth),
      [BY_TOKEN]: async (context) =>
        await signInByToken(
          context,
          context.auth.mechanism,
          account,
          context.auth.credentials.pass,
        ),
    },
    tls: {
      minVersion: tls.minVersion,
      rejectUnauthorized: !tls.insecure,
      ...(tls.ciphers && { ciphers: tls.ciphers }),
      ...(tls.ca && { ca: tls.ca }),
      ...(tls.cert && { cert: tls.cert }),
      ...(tls.key && { key: tls.key }),
      ...(tls.servername && { servername: tls.servername }),
    },
  };
}
