import { BlockList, isIP } from 'node:net';

/**
 * Ranges that are not the public Internet (IANA special-purpose registries, RFC 6890): private
 * and shared networks, loopback, link-local with the metadata services of clouds in it,
 * documentation, benchmarks, multicast and what is reserved.
 */
const subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  // Azure's metadata and health service has an address that looks public.
  ['168.63.129.16', 32, 'ipv4'],
];

// Of IPv6 only this is routed on the public Internet; within it, the blocks below are not, or
// carry an IPv4 address that would have to be judged by itself (Teredo, 6to4).
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

const special = new BlockList();
for (const [net, prefix, family] of [
  ...subnets,
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
] as const)
  special.addSubnet(net, prefix, family);

/** Is this IP address one of the public Internet? False for whatever is no address. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  switch (isIP(bare)) {
    case 4:
      return !special.check(bare, 'ipv4');
    case 6:
      return globalUnicast.check(bare, 'ipv6') && !special.check(bare, 'ipv6');
    default:
      return false;
  }
}
