import { networkInterfaces } from 'node:os';
import type { Socket } from 'node:net';
import type { ResolvedAddress } from '#egress';
import type { SmtpSettings } from '#mailer-config';
import { dial } from './dial.js';
import { SmtpSender } from './smtp-sender.service.js';
import { SmtpFailure } from './smtp.errors.js';
import { startBlackHole } from '../../test/harness/black-hole.js';
import { startProxy } from '../../test/harness/proxies.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { startSmtpServer } from '../../test/harness/smtp-server.js';

const HOST = 'mail.corp.test';
const IPV4: ResolvedAddress = { address: '127.0.0.1', family: 4 };
const IPV6: ResolvedAddress = { address: '::1', family: 6 };
/** TCP knows no broadcast. */
const UNREACHABLE: ResolvedAddress = { address: '255.255.255.255', family: 4 };
const neverStopped = new AbortController().signal;

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((known) => known?.address === IPV6.address);
const withIpv6 = hasIpv6 ? it : it.skip;

/** A name server that knows the one host, and counts. */
function nameServer(...addresses: ResolvedAddress[]) {
  const asked: string[] = [];
  const resolve = async (host: string): Promise<readonly ResolvedAddress[]> => {
    asked.push(host);
    return addresses;
  };
  return { asked, resolve };
}

async function timed(account: SmtpSettings, ...addresses: ResolvedAddress[]) {
  const began = performance.now();
  const socket = await dial(account, neverStopped, nameServer(...addresses).resolve);
  return { socket, ms: performance.now() - began };
}

async function failure(dialling: Promise<Socket>): Promise<SmtpFailure> {
  const error: unknown = await dialling.catch((reason: unknown) => reason);
  if (!(error instanceof SmtpFailure)) throw error;
  return error;
}

const to = (place: { readonly port: number }, timeouts: object = { connect: 5_000 }) =>
  accountFor({ options: {}, ca: '', ...place }, { host: HOST, timeouts });

describe('A47: addresses are tried in turn', () => {
  it('IPv6 refuses: IPv4 follows', async () => {
    await using server = await startSmtpServer();
    const { socket } = await timed(to(server), IPV6, IPV4);
    expect(socket.remoteAddress).toBe(IPV4.address);
    socket.destroy();
  });

  withIpv6('IPv4 refuses: IPv6 follows', async () => {
    await using server = await startSmtpServer({ host: IPV6.address });
    const { socket } = await timed(to(server), IPV4, IPV6);
    expect(socket.remoteAddress).toBe(IPV6.address);
    socket.destroy();
  });

  it('the next follows a refusal at once', async () => {
    await using server = await startSmtpServer();
    const others = Array.from({ length: 6 }, () => UNREACHABLE);
    const { socket, ms } = await timed(to(server), ...others, IPV4);
    expect(ms).toBeLessThan(1_000);
    socket.destroy();
  });

  withIpv6.each([
    ['IPv6', IPV6, IPV4],
    ['IPv4', IPV4, IPV6],
  ])('%s keeps quiet: the other is tried beside it', async (_name, quiet, other) => {
    await using server = await startSmtpServer({ host: other.address });
    await using _hole = await startBlackHole(quiet.address, server.port);
    const { socket, ms } = await timed(to(server), quiet, other);
    expect(socket.remoteAddress).toBe(other.address);
    expect(ms).toBeGreaterThan(240);
    expect(ms).toBeLessThan(1_000);
    socket.destroy();
  });

  withIpv6('a slow one is not given up for one that never answers', async () => {
    await using slow = await startBlackHole(IPV6.address);
    await using _never = await startBlackHole(IPV4.address, slow.port);
    const dialling = timed(to(slow), IPV6, IPV4);
    setTimeout(() => slow.open(), 500);
    const { socket } = await dialling;
    expect(socket.remoteAddress).toBe(IPV6.address);
    socket.destroy();
  });

  it('says that all refuse, though one of them can not be reached at all', async () => {
    await using server = await startSmtpServer();
    const { port } = server;
    await server.close();
    const { resolve } = nameServer(IPV4, UNREACHABLE);
    const { stage, why } = await failure(dial(to({ port }), neverStopped, resolve));
    expect([stage, why]).toEqual(['tcp', { kind: 'lost', code: 'ECONNREFUSED', received: '' }]);
  });

  it('has one deadline for all of them', async () => {
    await using hole = await startBlackHole(IPV4.address);
    const { resolve } = nameServer(IPV4, IPV4, IPV4);
    const account = to(hole, { connect: 400 });
    const began = performance.now();
    const { stage, why } = await failure(dial(account, neverStopped, resolve));
    expect([stage, why]).toEqual(['tcp', { kind: 'deadline', ms: 400 }]);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  withIpv6('gives up the others when one has answered', async () => {
    await using server = await startSmtpServer();
    await using _hole = await startBlackHole(IPV6.address, server.port);
    const connecting = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'ConnectWrap').length;
    const before = connecting();
    expect(before).toBeGreaterThan(0);
    const { socket } = await timed(to(server), IPV6, IPV4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connecting()).toBe(before);
    expect(server.connections.length).toBe(1);
    socket.destroy();
  });
});

describe('from an address of ours', () => {
  it('reaches the server', async () => {
    await using server = await startSmtpServer();
    const { socket } = await timed({ ...to(server), localAddress: '127.0.0.1' }, IPV6, IPV4);
    expect([socket.localAddress, socket.remoteAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
    socket.destroy();
  });

  it.each([
    ['::1', /family \(IPv4 or IPv6\) of SMTP_LOCAL_ADDRESS/],
    ['192.0.2.99', /SMTP_LOCAL_ADDRESS is no address of this machine/],
  ])('says so when it can not be: %s', async (localAddress, sentence) => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { host: '127.0.0.1', localAddress });
    const verdict = await sent(account);
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tcp' });
    expect(verdict.sentence).toMatch(sentence);
  });
});

describe('a name server', () => {
  it('that never answers ends the attempt at its deadline; a late answer opens nothing', async () => {
    await using server = await startSmtpServer();
    const { promise, resolve } = Promise.withResolvers<readonly ResolvedAddress[]>();
    const account = to(server, { connect: 100 });
    const { stage, why } = await failure(dial(account, neverStopped, () => promise));
    expect([stage, why.kind]).toEqual(['dns', 'deadline']);
    resolve([IPV4]);
    await new Promise((done) => setTimeout(done, 100));
    expect(server.connections).toEqual([]);
  });

  it('that knows no such host is told from a server that is down', async () => {
    const verdict = await sent({ ...to({ port: 25 }), host: 'nowhere.invalid' });
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'dns' });
    expect(verdict.sentence).toMatch(/nowhere\.invalid.*Check/);
  });
});

describe('F05: where an account may lead to', () => {
  const strangers = { ...to({ port: 587 }), reach: 'public' as const, source: 'database' as const };
  const PUBLIC: ResolvedAddress = { address: '203.0.113.7', family: 4 };

  it.each([
    ['a private host', { host: '127.0.0.1' }, /private, loopback.*SMTP_ALLOW_PRIVATE_HOSTS=true/],
    ['a name that leads there', { host: 'localhost' }, /localhost is in a private/],
    ['the metadata of a cloud', { host: '169.254.169.254' }, /private, loopback, link-local/],
    ['another port', { port: 5432 }, /Port 5432 is none where mail is submitted/],
  ])('refuses %s', async (_name, wrong, sentence) => {
    const verdict = await sent({ ...strangers, ...wrong });
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'dns' });
    expect(verdict.sentence).toMatch(sentence);
  });

  it('connects to what was looked up and judged, and asks no second time', async () => {
    await using server = await startSmtpServer();
    const { asked, resolve } = nameServer(IPV4);
    const socket = await dial(to(server), neverStopped, resolve);
    expect(socket.remoteAddress).toBe(IPV4.address);
    expect(asked).toEqual([HOST]);
    socket.destroy();
  });

  it.each(['http', 'socks4', 'socks4a', 'socks5'] as const)(
    'gives a proxy (%s) the address that was judged, not the name',
    async (protocol) => {
      // which leads nowhere: what counts is where the proxy was asked to go
      const names = { [PUBLIC.address]: UNREACHABLE.address };
      await using proxy = await startProxy(protocol, { names });
      const account = { ...strangers, proxy: { ...proxy.settings, host: 'proxy.test' } };
      const addresses: Record<string, ResolvedAddress[]> = {
        [HOST]: [{ address: '2001:db8::25', family: 6 }, PUBLIC],
        'proxy.test': [IPV4],
      };
      const resolve = async (host: string): Promise<ResolvedAddress[]> => addresses[host] ?? [];
      const { stage } = await failure(dial(account, neverStopped, resolve));
      expect([stage, proxy.targets]).toEqual(['tcp', [`${PUBLIC.address}:587`]]);
    },
  );

  it.each([
    ['the proxy', { host: '93.184.215.14', proxyHost: '127.0.0.1' }],
    ['the server behind it', { host: '10.1.2.3', proxyHost: '93.184.215.14' }],
  ])('refuses %s in a private network', async (_name, { host, proxyHost }) => {
    await using proxy = await startProxy('socks5');
    const account = { ...strangers, host, proxy: { ...proxy.settings, host: proxyHost } };
    const verdict = await sent(account);
    expect(verdict.sentence).toMatch(/is in a private/);
    expect(proxy.requests).toEqual([]);
  });
});

it('ends when the attempt is stopped', async () => {
  await using hole = await startBlackHole('127.0.0.1');
  const stop = new AbortController();
  const dialling = failure(dial(to(hole), stop.signal, nameServer(IPV4).resolve));
  setTimeout(() => stop.abort(), 20);
  const { stage, why } = await dialling;
  expect([stage, why]).toEqual(['tcp', { kind: 'aborted' }]);
});

async function sent(account: SmtpSettings) {
  const sender = new SmtpSender();
  const verdict = await sender.send(account, outgoing());
  await sender.close();
  return verdict;
}
