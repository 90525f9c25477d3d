import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { HostRefused } from './host.errors.js';
import { isPublicAddress } from './public-address.js';

/**
 * Which hosts a setting may lead to. `any`: its author runs the server and may reach what that
 * reaches. `public`: it came over the API, and must not become a way into the private network.
 */
export type Reach = 'any' | 'public';

/** An address that a host has now. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where mail is submitted; whatever else listens somewhere is no business of an SMTP account. */
export const submissionPorts: readonly number[] = [25, 465, 587, 2465, 2500, 2525, 2587, 8465];

/**
 * The addresses of a host, looked up once and checked. Connect to these and to no others: a second
 * look-up may answer differently (DNS rebinding). One that is not public refuses the whole host.
 *
 * @throws {HostRefused}
 * @throws an error of `dns.lookup`, with its `code`, where the host has no address
 */
export async function resolveHost(host: string, reach: Reach): Promise<readonly ResolvedAddress[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  const addresses = family
    ? [{ address: bare, family: family as 4 | 6 }]
    : ((await lookup(bare, { all: true, order: 'verbatim' })) as ResolvedAddress[]);
  if (reach === 'public' && !addresses.every(({ address }) => isPublicAddress(address)))
    throw new HostRefused(
      host,
      `${host} is in a private, loopback, link-local or reserved network, where accounts set over the API must not lead. Name a public server, or set SMTP_ALLOW_PRIVATE_HOSTS=true where the server runs.`,
    );
  return addresses;
}

/** @throws {HostRefused} where mail is not submitted at this port */
export function checkSubmissionPort(host: string, port: number, reach: Reach): void {
  if (reach === 'any' || submissionPorts.includes(port)) return;
  throw new HostRefused(
    host,
    `Port ${port} is none where mail is submitted; for accounts set over the API that is ${new Intl.ListFormat('en', { type: 'disjunction' }).format(submissionPorts.map(String))}. Choose one of these, or set SMTP_ALLOW_PRIVATE_HOSTS=true where the server runs.`,
  );
}

/** A look-up for `net.connect` that knows these addresses only. */
export function pinnedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, done) => {
    const [first] = addresses;
    if (!first) return done(new Error('a host without an address'), '');
    if (all) return done(null, [...addresses]);
    return done(null, first.address, first.family);
  };
}
