import type { Environment, Findings } from '#settings';
import { isServerNamed } from './named-server.js';
import { resolveAccount, type SmtpReading } from './resolve-account.js';
import { judgeAbsence } from './smtp-completeness.js';
import type { SmtpSettings } from './smtp-settings.js';

/** What the general settings say about mail. */
export interface SmtpContext {
  readonly production: boolean;
  readonly role: 'all' | 'api' | 'worker';
  readonly skipUserVerification: boolean;
  /** Display name of a sender without one. */
  readonly appName: string;
  /** Its host is the name in EHLO. */
  readonly adminWebUrl: string;
}

/**
 * The account of the environment.
 *
 * @returns undefined without a server (the built-in inbox takes the mails) or where a setting it
 *   needs is at fault
 */
export function resolveSmtpSettings(
  given: SmtpReading,
  context: SmtpContext,
  environment: Environment,
  findings: Findings,
): SmtpSettings | undefined {
  if (!isServerNamed(environment)) {
    if (!findings.isRefused('SMTP_HOST', 'SMTP_URL', 'SMTP_PROVIDER'))
      judgeAbsence(context, environment, findings);
    return undefined;
  }
  const { appName, adminWebUrl } = context;
  return resolveAccount(
    given,
    {
      id: 'environment',
      name: 'environment',
      source: 'environment',
      reach: 'any',
      appName,
      adminWebUrl,
    },
    environment,
    findings,
  );
}
