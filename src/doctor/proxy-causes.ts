import type { Fault } from '#smtp';
import type { CauseCode } from './causes.js';

/** What it means that a proxy did not open the way. */
export const PROXY_CAUSES = {
  'proxy-unreachable': 'PROXY_UNREACHABLE',
  'proxy-sign-in-wanted': 'PROXY_AUTH',
  'proxy-sign-in-refused': 'PROXY_AUTH',
  'proxy-forbidden': 'PROXY_FORBIDS',
  'proxy-target-unreachable': 'CONNECTION_REFUSED',
  'proxy-name-unknown': 'DNS_NXDOMAIN',
  'proxy-closed': 'PROXY_UNREACHABLE',
  'proxy-malformed': 'PROXY_UNREACHABLE',
  'proxy-failed': 'PROXY_UNREACHABLE',
} as const satisfies Record<Extract<Fault, `proxy-${string}`>, CauseCode>;
