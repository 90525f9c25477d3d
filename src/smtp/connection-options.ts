import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '#mailer-config';
import { signInByNtlm } from './ntlm-sign-in.js';

// nodemailer's own timers never decide: they are idle timers, or shared between stages.
const NEVER_MS = 3_600_000;

/** The settings as nodemailer's SMTPConnection wants them. */
export function connectionOptions(account: SmtpSettings): SMTPConnectionOptions {
  const { security, tls, timeouts } = account;
  return {
    host: account.host,
    port: account.port,
    name: account.ehloName,
    localAddress: account.localAddress,
    secure: security === 'implicit-tls',
    ignoreTLS: security === 'clear',
    requireTLS: security === 'starttls' && account.requireTls,
    connectionTimeout: NEVER_MS,
    greetingTimeout: NEVER_MS,
    socketTimeout: NEVER_MS,
    dnsTimeout: timeouts.connect,
    // an ended attempt leaves no half-open socket behind
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
    customAuth: { NTLM: async (context) => await signInByNtlm(context, account.auth) },
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
