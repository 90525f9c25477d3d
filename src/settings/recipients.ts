import type { Settings } from './settings.js';

/**
 * Whether a mail to this address may go out: on a staging system only those of `MAIL_ALLOW_TO` get
 * any. With `MAIL_REDIRECT_TO` every mail goes to that one address, so nobody else is reached.
 */
export function mayReach(
  to: string,
  { mailAllowTo, mailRedirectTo }: Pick<Settings, 'mailAllowTo' | 'mailRedirectTo'>,
): boolean {
  if (!mailAllowTo || mailRedirectTo) return true;
  const domain = to.slice(to.lastIndexOf('@'));
  return mailAllowTo.some((allowed) => allowed === to || allowed === domain);
}
