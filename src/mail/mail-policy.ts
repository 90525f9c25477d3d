import type { InitialStatus } from '#outbox';
import type { Settings } from '#settings';

/**
 * Whether a mail may go out at all.
 *
 * - `SKIP_USER_VERIFICATION`: no server is there to send by; the mail is recorded as skipped.
 * - `MAIL_ALLOW_TO`: on a staging system only these recipients get mail; others are held.
 * - `MAIL_REDIRECT_TO` needs nothing here: every mail goes to that one address at delivery, so a
 *   stranger is never reached and nothing has to be held.
 */
export function initialStatus(
  to: string,
  settings: Pick<Settings, 'mailAllowTo' | 'mailRedirectTo'>,
  canSend: boolean,
): InitialStatus {
  if (!canSend) return 'skipped';
  if (!settings.mailAllowTo || settings.mailRedirectTo) return 'queued';
  const domain = to.slice(to.lastIndexOf('@'));
  return settings.mailAllowTo.some((allowed) => allowed === to || allowed === domain)
    ? 'queued'
    : 'held';
}
