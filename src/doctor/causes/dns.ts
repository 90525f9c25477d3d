import { byHand, causesOf, correct, perhaps, write } from '../cause.js';

const dnsPages = ['https://www.rfc-editor.org/rfc/rfc1035'];

/** The name of the server leads nowhere, or to the wrong place. */
export const dnsCauses = causesOf('network', {
  DNS_NXDOMAIN: {
    settings: ['SMTP_HOST'],
    title: ({ host }) => `There is no host named ${host}`,
    explanation:
      'The name server answered that this name does not exist (NXDOMAIN), so it is no fault of the network. Mostly it is a typing error, or a name of a network that this machine is not in. Compare SMTP_HOST letter by letter with the page of the provider and correct it.',
    help: ({ name }) =>
      name
        ? perhaps(write('correct the spelling', { SMTP_HOST: name }))
        : correct('correct the spelling', 'Compare SMTP_HOST with the page of the provider.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc2308'],
  },
  DNS_NO_ADDRESS: {
    settings: ['SMTP_HOST'],
    title: ({ host }) => `${host} exists, but has no address`,
    explanation:
      'The name is known and no machine bears it: it has no A and no AAAA record. Mostly it is the domain of the mail addresses, and the server that takes mail from programs has a name of its own, such as smtp.your-domain or mail.your-domain. Write that name into SMTP_HOST.',
    help: ({ host, name }) =>
      name
        ? write('write the name of the submission server', { SMTP_HOST: name })
        : perhaps(
            correct(
              'write the name of the submission server',
              `Ask the provider for its SMTP server; often it is smtp.${host} or mail.${host}.`,
            ),
          ),
    docs: ['https://www.rfc-editor.org/rfc/rfc2308'],
  },
  DNS_SERVFAIL: {
    settings: [],
    retryable: true,
    title: ({ host }) => `The name server of this machine fails when asked for ${host}`,
    explanation:
      'The resolver answered, and could not find out: its own upstream fails, DNSSEC does not verify, or it refuses to ask for this machine. No SMTP_* setting is wrong. Check the resolver of this machine or container (/etc/resolv.conf, dns: in compose) and ask another one for the same name.',
    help: ({ host }) =>
      byHand(
        'repair the resolver of this machine',
        `Ask another resolver: dig ${host} @1.1.1.1`,
        'If that answers, correct /etc/resolv.conf, or dns: of the container.',
      ),
    docs: dnsPages,
  },
  DNS_TIMEOUT: {
    settings: [],
    retryable: true,
    title: 'The name server of this machine does not answer',
    explanation:
      'No answer came from the resolver at all: it is down, wrongly configured, or a firewall drops what goes to port 53. No SMTP_* setting is wrong. Allow UDP and TCP port 53 to the resolver, or configure another one.',
    help: byHand(
      'make the resolver reachable',
      'Look into /etc/resolv.conf (or dns: of the container) for the resolver in use.',
      'Allow UDP and TCP port 53 to it, or name another.',
    ),
    docs: dnsPages,
  },
  DNS_SLOW: {
    settings: [],
    severity: 'warning',
    title: ({ host, seconds }) =>
      `Looking up ${host} took ${seconds === undefined ? 'seconds' : `${seconds.toFixed(1)} s`}`,
    explanation:
      'Each new connection waits for this look-up first, and each mail that needs one with it. Often the first resolver in the list is dead and the second one answers. Put a resolver that is near and alive first in /etc/resolv.conf, or in dns: of the container.',
    help: byHand(
      'use a nearer resolver',
      'Remove dead resolvers from /etc/resolv.conf, or run a caching one on this machine.',
    ),
    docs: dnsPages,
  },
  DNS_SOME_ADDRESSES_DEAD: {
    settings: [],
    severity: 'warning',
    title: ({ host }) => `Some addresses of ${host} do not answer`,
    explanation:
      'The name has several addresses and not all of them take a connection. Mail goes out by the others, later by the time that the dead ones cost. Tell the operator of the server which addresses do not answer; here there is nothing to change.',
    help: byHand('tell the operator of the server', 'Name the addresses that do not answer.'),
  },
  DNS_WRONG_ADDRESS: {
    settings: ['SMTP_HOST'],
    title: ({ host, address }) =>
      `${host} leads here to ${address ?? 'an address'}, where nobody answers, and elsewhere to another`,
    explanation:
      'This machine gets another address for the name than the rest of the world: from a stale line in /etc/hosts, from extra_hosts of a container, or from a name server with a view of its own. Compare with a public resolver, and remove or correct the line that differs.',
    help: ({ host }) =>
      byHand(
        'correct where the name leads',
        `Compare: getent hosts ${host} and dig ${host} @1.1.1.1`,
        'Correct /etc/hosts, extra_hosts, or the internal name server.',
      ),
  },
  IPV6_UNREACHABLE: {
    settings: [],
    severity: 'warning',
    title: ({ host }) => `${host} has an IPv6 address that this machine cannot reach`,
    explanation:
      'The server has an IPv6 address and there is no way to it from here, mostly since the machine or the container network has no IPv6 at all. The IPv4 addresses are tried as well, so mail goes out where there is one. Repair IPv6, or switch it off on this machine so that it is not tried.',
    help: byHand(
      'repair IPv6, or switch it off here',
      'Check for a route: ip -6 route get followed by the address.',
      'Give the container network IPv6, or remove the IPv6 address of a server of your own from DNS.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc8305'],
  },
});
