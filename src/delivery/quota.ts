import type { SmtpSettings } from '#mailer-config';
import type { AccountQuota } from '#outbox';

/** What the provider of an account takes. */
export function quotaOf({ name, maxPerMinute, maxPerDay }: SmtpSettings): AccountQuota {
  return { account: name, perMinute: maxPerMinute, perDay: maxPerDay };
}
