import type { Environment, Findings } from '#settings';
import { namesOldProtocol } from './cipher-spec.js';
import type { SmtpReading } from './resolve-account.js';
import { isExampleDomain } from './smtp-host.js';
import { looksPercentEncoded } from './smtp-values.js';

/** Warns of what can work but probably is not meant. */
export function remarkOnSmtp(
  given: SmtpReading,
  password: string | undefined,
  environment: Environment,
  findings: Findings,
): void {
  if (given.SMTP_TLS_INSECURE)
    findings.warn(
      'TLS_INSECURE',
      'SMTP_TLS_INSECURE',
      'Any certificate is accepted, so that anybody on the way can read the password and every mail.',
      'Write SMTP_TLS_CA_FILE=/path/to/ca.pem to trust a private certificate, and remove SMTP_TLS_INSECURE.',
    );
  if (!given.SMTP_URL && password && looksPercentEncoded(password))
    findings.warn(
      'PASSWORD_PERCENT_ENCODED',
      'SMTP_PASSWORD',
      'The password looks percent-encoded, as a URL needs it, but here it is taken literally.',
      'If it was encoded, write SMTP_PASSWORD=… decoded (%40 is @, %23 is #, %25 is %).',
    );
  const { ciphers } = given.SMTP_CIPHER_SPEC ?? {};
  if (ciphers && namesOldProtocol(ciphers))
    findings.warn(
      'CIPHER_SPEC_MISREAD',
      'SMTP_CIPHER_SPEC',
      'OpenSSL reads this as a list of old ciphers, which few servers still share, and not as a protocol version.',
      'Write SMTP_CIPHER_SPEC=TLSv1.2, or remove SMTP_CIPHER_SPEC.',
    );
  remarkOnPlaceholders(given, findings);
  remarkOnTimeouts(environment, findings);
}

function remarkOnPlaceholders(given: SmtpReading, findings: Findings): void {
  if (given.SMTP_HOST && isExampleDomain(given.SMTP_HOST))
    findings.warn(
      'PLACEHOLDER_VALUE',
      'SMTP_HOST',
      'This domain stands for another one in examples, and has no mail server.',
      'Write SMTP_HOST=smtp.your-provider.com with the name your provider gives.',
    );
  const sender = given.SMTP_SENDER?.address;
  if (sender && isExampleDomain(sender.slice(sender.indexOf('@') + 1)))
    findings.warn(
      'PLACEHOLDER_VALUE',
      'SMTP_SENDER',
      'This domain stands for another one in examples; most servers refuse it, and no answer or bounce arrives there.',
      'Write SMTP_SENDER=noreply@your-domain with your own domain.',
    );
  if (/^your[-_.]/i.test(given.SMTP_USERNAME ?? ''))
    findings.warn(
      'PLACEHOLDER_VALUE',
      'SMTP_USERNAME',
      'This looks like the value of an example.',
      'Write SMTP_USERNAME=… with the name of your own account at the mail server.',
    );
}

function remarkOnTimeouts(environment: Environment, findings: Findings): void {
  for (const stage of ['CONNECT', 'GREETING', 'COMMAND', 'DATA']) {
    const name = `SMTP_TIMEOUT_${stage}`;
    const text = environment.get(name)?.text ?? '';
    if (/^\d{1,2}$/.test(text) && !findings.isRefused(name))
      findings.warn(
        'TIMEOUT_TINY',
        name,
        `A bare number counts milliseconds, and ${text} ms are too short for a server that is not on this machine.`,
        `Write ${name}=${text}s if you mean seconds.`,
      );
  }
}
