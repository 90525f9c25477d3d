import { DnsServer, type Zone } from '../../test/harness/dns-server.js';
import { SenderDns } from './sender-dns.js';
import { judgeSpf } from './spf.js';

const txt = (...texts: string[]) => ({ TXT: texts });

async function judged(record: string, zone: Zone = {}, provider = 'spf.relay.test') {
  const server = await DnsServer.start({ 'acme.io': txt(record), ...zone });
  try {
    const dns = new SenderDns(server.names().records, 2_000);
    return { is: (await judgeSpf(dns, 'acme.io', provider)).is, asked: server.asked.length };
  } finally {
    await server.close();
  }
}

describe('An SPF record', () => {
  it.each([
    ['v=spf1 include:spf.relay.test ~all', 'fine'],
    ['v=spf1  +INCLUDE:spf.Relay.test -all', 'fine'],
    ['v=spf1 include:u123.spf.relay.test -all', 'fine'],
    ['v=spf1 redirect=spf.relay.test', 'fine'],
    ['v=spf1 +all', 'fine'],
    ['v=spf1 all', 'fine'],
    ['v=spf1 -all', 'excludes'],
    ['v=spf1 ?all', 'excludes'],
    ['v=spf1 mx ip4:192.0.2.1 ~all', 'excludes'],
    // the other way round it would be a refusal of the provider
    ['v=spf1 -include:spf.relay.test ~all', 'excludes'],
    ['v=spf1 include:%{i}._spf.acme.io -all', 'unknown'],
    ['v=spf10 -all', 'missing'],
    ['google-site-verification=v=spf1', 'missing'],
  ])('%s of the domain is %s', async (record, is) => {
    expect((await judged(record)).is).toBe(is);
  });

  it('is fine where one of those that it includes names the provider', async () => {
    const zone = {
      'a.acme.io': txt('v=spf1 include:b.acme.io -all'),
      'b.acme.io': txt('other', 'v=spf1 include:spf.relay.test -all'),
    };
    expect((await judged('v=spf1 include:a.acme.io -all', zone)).is).toBe('fine');
  });

  it('that includes itself is read once', async () => {
    const { is, asked } = await judged('v=spf1 include:acme.io include:a.acme.io -all', {
      'a.acme.io': txt('v=spf1 include:acme.io include:a.acme.io -all'),
    });
    expect(is).toBe('excludes');
    expect(asked).toBe(3);
  });

  it('is followed no further than receivers follow it', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `n${at}.acme.io`,
        txt(`v=spf1 include:n${at + 1}.acme.io -all`),
      ]),
    );
    const { is, asked } = await judged('v=spf1 include:n0.acme.io -all', chain);
    expect(is).toBe('unknown');
    expect(asked).toBe(11);
  });

  it('that can not be read to its end is not judged', async () => {
    const zone = { 'a.acme.io': { fault: 'SERVFAIL' as const } };
    expect((await judged('v=spf1 include:a.acme.io -all', zone)).is).toBe('unknown');
  });
});
