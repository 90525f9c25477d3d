import { z } from 'zod';
import type { LinkTo } from './message-kind.js';

/** base64url or hex of at least 128 random bits; it needs no escaping anywhere in a URL. */
export const linkToken = z.string().regex(/^[\w-]{22,512}$/);

/** Links start at the operator's URL, which may have a path; no request has a say in it. */
export function linksUnder(adminWebUrl: string): LinkTo {
  const base = adminWebUrl.replace(/\/+$/, '');
  const before = (page: string): string => {
    const url = new URL(`${base}/link/${page}`);
    url.searchParams.set('token', '');
    return url.href;
  };
  const links = { 'reset-password': before('reset-password'), invitation: before('invitation') };
  return (page, token) => `${links[page]}${encodeURIComponent(token)}`;
}
