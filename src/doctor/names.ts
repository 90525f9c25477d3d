import { Resolver } from 'node:dns/promises';
import { type Reach, resolveHost, type ResolvedAddress } from '#egress';

/** How names are looked up: as the system does it for the transport, and as DNS itself has them. */
export interface Names {
  /**
   * What a connection would be made to: `/etc/hosts`, search domains and all.
   * @throws an error with the `code` of `dns.lookup`; HostRefused
   */
  readonly resolve: (host: string, reach: Reach) => Promise<readonly ResolvedAddress[]>;
  /** What is in DNS. */
  readonly records: Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveMx' | 'resolveTxt'>;
}

/** Milliseconds for one question to one resolver. */
const PATIENCE = 1_200;

/** The names as this machine knows them. */
export const systemNames = (): Names => ({
  resolve: resolveHost,
  records: new Resolver({ timeout: PATIENCE, tries: 2 }),
});
