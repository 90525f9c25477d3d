import type { InitialStatus } from '#outbox';
import { mayReach, type Settings } from '#settings';

/**
 * Whether a mail may go out at all.
 *
 * - `SKIP_USER_VERIFICATION`: no server is there to send by; the mail is recorded as skipped.
 * - `MAIL_ALLOW_TO`: on a staging system only these recipients get mail; others are held. Delivery
 *   asks the same once more, of what was queued before or somewhere else.
 */
export function initialStatus(
  to: string,
  settings: Pick<Settings, 'mailAllowTo' | 'mailRedirectTo'>,
  canSend: boolean,
): InitialStatus {
  if (!canSend) return 'skipped';
  return mayReach(to, settings) ? 'queued' : 'held';
}
