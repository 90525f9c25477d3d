import { DnsServer, type Zone } from '../../test/harness/dns-server.js';
import { alignment, dmarcOf } from './dmarc.js';
import { SenderDns } from './sender-dns.js';

describe('Alignment with the domain in From', () => {
  it.each([
    ['acme.io', 'acme.io', 'relaxed', 'aligned'],
    ['acme.io', 'ACME.io', 'strict', 'aligned'],
    ['acme.io', 'bounces.acme.io', 'relaxed', 'aligned'],
    ['app.acme.io', 'acme.io', 'relaxed', 'aligned'],
    ['acme.io', 'bounces.acme.io', 'strict', 'apart'],
    ['acme.io', 'notacme.io', 'relaxed', 'apart'],
    ['acme.io', 'acme.io.example', 'relaxed', 'apart'],
    // of one organization, and of two: what is the same is no proof
    ['app.acme.io', 'bounces.acme.io', 'relaxed', 'unknown'],
    ['acme.co.uk', 'other.co.uk', 'relaxed', 'unknown'],
    ['app.acme.io', 'bounces.acme.io', 'strict', 'apart'],
  ] as const)('of %s and %s, %s, is: %s', (from, other, mode, expected) => {
    expect(alignment(from, other, mode)).toBe(expected);
    expect(alignment(other, from, mode)).toBe(expected);
  });
});

describe('The DMARC policy of a domain', () => {
  const policyOf = async (zone: Zone, domain = 'app.acme.io') => {
    const server = await DnsServer.start(zone);
    try {
      return await dmarcOf(new SenderDns(server.names().records, 2_000), domain);
    } finally {
      await server.close();
    }
  };
  const txt = (...texts: string[]) => ({ TXT: texts });

  it('is that of its own record, with relaxed alignment unless it says strict', async () => {
    const zone = {
      '_dmarc.app.acme.io': txt('v=DMARC1;p=Quarantine; adkim=s'),
      '_dmarc.acme.io': txt('v=DMARC1; p=reject'),
    };
    expect(await policyOf(zone)).toEqual({
      domain: 'app.acme.io',
      policy: 'quarantine',
      spf: 'relaxed',
      dkim: 'strict',
    });
  });

  it('is else the one for subdomains of the domain above', async () => {
    const above = (record: string) => policyOf({ '_dmarc.acme.io': txt(record) });
    expect(await above('v=DMARC1; p=none; sp=reject')).toMatchObject({ policy: 'reject' });
    expect(await above('v=DMARC1; p=quarantine')).toMatchObject({ domain: 'acme.io' });
    const own = await policyOf({ '_dmarc.acme.io': txt('v=DMARC1; p=none; sp=reject') }, 'acme.io');
    expect(own?.policy).toBe('none');
  });

  it.each([
    ['there is no record', {}],
    ['there are two', { '_dmarc.acme.io': txt('v=DMARC1; p=reject', 'v=DMARC1; p=none') }],
    ['it says nothing that is known', { '_dmarc.acme.io': txt('v=DMARC1; p=maybe') }],
    ['it is about something else', { '_dmarc.acme.io': txt('v=spf1 -all') }],
    [
      'the name server fails at the nearer one',
      {
        '_dmarc.app.acme.io': { fault: 'SERVFAIL' as const },
        '_dmarc.acme.io': txt('v=DMARC1; p=reject'),
      },
    ],
  ])('is none where %s', async (_why, zone) => {
    expect(await policyOf(zone)).toBeUndefined();
  });
});
