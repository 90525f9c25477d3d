import type { SmtpSettings } from '#mailer-config';
import { SmtpSender } from './smtp-sender.service.js';
import type { Verdict } from './verdict.js';
import { startProxy, type ProxyOptions, type TestProxy } from '../../test/harness/proxies.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { type SmtpServer, startSmtpServer } from '../../test/harness/smtp-server.js';

const auth = { user: 'robot', pass: 'canary-4711' };
const guest = { user: 'guest', pass: 'let@me: in' };
const NAME = 'mail.corp.test';
const names = { [NAME]: '127.0.0.1' };
let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => await sender.close());

type Overrides = Parameters<typeof accountFor>[1];

function through(proxy: TestProxy, server: SmtpServer, overrides: Overrides = {}): SmtpSettings {
  return accountFor(server, {
    host: NAME,
    proxy: proxy.settings,
    ...overrides,
    tls: { servername: 'localhost', ...overrides.tls },
  });
}

describe.each(['http', 'socks4a', 'socks5'] as const)('%s', (protocol) => {
  describe.each(['none', 'starttls', 'implicit'] as const)('TLS %s', (tls) => {
    const ways: (readonly [string, ProxyOptions])[] = [
      ['without sign-in', {}],
      ['with sign-in', protocol === 'socks4a' ? { user: 'guest' } : guest],
      ...(tls === 'implicit' ? [] : [['greeting in one segment', { withGreeting: true }] as const]),
    ];
    it.each(ways)('delivers %s, and has the proxy look the name up', async (_name, options) => {
      await using server = await startSmtpServer({ tls, auth });
      await using proxy = await startProxy(protocol, { ...options, names });
      const verdict = await sender.send(through(proxy, server), outgoing());
      expect(verdict).toMatchObject({ outcome: 'accepted' });
      expect(proxy.targets).toEqual([`${NAME}:${server.port}`]);
      expect(server.messages[0]?.user).toBe(auth.user);
      if (tls === 'none') return;
      expect(server.messages[0]?.tls?.servername).toBe('localhost');
      expect(proxy.passed).not.toMatch(/AUTH|MAIL FROM/);
    });
  });

  it('checks the certificate for the name of the server, not for the proxy', async () => {
    await using server = await startSmtpServer({ tls: 'implicit', auth });
    await using proxy = await startProxy(protocol, { names });
    const account = through(proxy, server, { tls: { servername: undefined } });
    const verdict = await sender.send(account, outgoing());
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tls' });
    expect(verdict.sentence).toContain(`is for another name than ${NAME}`);
  });

  it('says so when the proxy does not reach the server', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol);
    const account = through(proxy, server, { host: '127.0.0.1', port: 1 });
    const verdict = await failed(account);
    expect(verdict.sentence).toContain(at(proxy));
    expect(verdict.sentence).toMatch(
      { http: /502 Bad Gateway.*SMTP_HOST/, socks4a: /code 91/, socks5: /refused.*SMTP_HOST/ }[
        protocol
      ],
    );
  });

  it('says which setting to check when the sign-in is missing or wrong', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol, { ...guest, names });
    const nobody = { ...proxy.settings, username: undefined, password: undefined };
    const stranger = {
      ...proxy.settings,
      username: 'canary',
      password: protocol === 'socks4a' ? undefined : 'canary',
    };
    const wanted = await failed(through(proxy, server, { proxy: nobody }));
    const refused = await failed(through(proxy, server, { proxy: stranger }));
    expect(wanted.sentence).toMatch(
      protocol === 'socks4a' ? /refused the sign-in/ : /wants a sign-in.*SMTP_PROXY/,
    );
    expect(refused.sentence).toMatch(/refused the sign-in.*Check user and password in SMTP_PROXY/);
    expect(JSON.stringify(refused)).not.toContain('canary');
    expect(server.connections).toEqual([]);
  });

  it.each([
    ['keeps quiet', { silent: true }, /within 1 s/],
    ['closes at once', { close: true }, /closed the connection before it opened the way/],
    ['closes in the middle', { answer: Buffer.of(protocol === 'socks5' ? 5 : 0), close: true }],
    ['talks something else', { answer: 'SSH-2.0-OpenSSH_9.9\r\n' }, /is not (HTTP|SOCKS)/],
    ['talks garbage', { answer: Buffer.alloc(64, 0xa5) }, /is not (HTTP|SOCKS)/],
    ['never stops talking', { answer: Buffer.alloc(200_000, 'HTTP/1.1 200 x\r\nA: b\r\n') }],
  ])('is at fault when it %s', async (_name, options: ProxyOptions, sentence = /SMTP_PROXY/) => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol, { ...options, names });
    const verdict = await failed(through(proxy, server));
    expect(verdict.sentence).toContain(at(proxy));
    expect(verdict.sentence).toMatch(sentence);
    expect(verdict.durationMs).toBeLessThan(3_000);
  });

  it('leaves no connection behind when the attempt is stopped', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol, { silent: true });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const account = through(proxy, server, { timeouts: { connect: 5_000 } });
    const verdict = await sender.send(account, outgoing(), { signal: stop.signal });
    expect(verdict.outcome).toBe('deferred');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(proxy.openConnections).toBe(0);
  });

  it('is named when nothing listens there, or its name is not known', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol);
    const closed = await failed(through(proxy, server, { proxy: { ...proxy.settings, port: 1 } }));
    expect(closed.sentence).toMatch(/^The proxy 127\.0\.0\.1:1 \(SMTP_PROXY\) refuses connections/);
  });

  it('names an IPv6 server as such', async () => {
    if (protocol === 'socks4a') return;
    await using server = await startSmtpServer();
    await using proxy = await startProxy(protocol);
    await failed(through(proxy, server, { host: '2001:db8::25:1', port: 25 }));
    expect(proxy.targets).toEqual([
      protocol === 'http' ? '[2001:db8::25:1]:25' : '[2001:0db8:0000:0000:0000:0000:0025:0001]:25',
    ]);
  });
});

it('counts the time at the proxy as time for connecting', async () => {
  await using server = await startSmtpServer({ tls: 'implicit', auth });
  await using proxy = await startProxy('http', { answer: 'HTTP/1.1 200 ok\r\n\r\n' });
  const verdict = await sender.send(through(proxy, server), outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tls' });
  expect(verdict.durationMs).toBeLessThan(1_800);
});

describe('socks4', () => {
  it('is told an address that is looked up here', async () => {
    await using server = await startSmtpServer({ tls: 'starttls', auth });
    await using proxy = await startProxy('socks4');
    const account = through(proxy, server, { host: 'localhost' });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`]);
  });

  it('says how to have the proxy look a name up', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy('socks4');
    const host = 'nowhere.invalid';
    const verdict = await failed(through(proxy, server, { host, timeouts: { connect: 5_000 } }));
    expect(verdict.sentence).toMatch(/socks4a:\/\//);
    expect(proxy.targets).toEqual([]);
  });
});

describe('http', () => {
  it.each([
    ['403 Forbidden', /does not let us connect.*403 Forbidden.*Allow the port/],
    ['405 Method Not Allowed', /does not let us connect/],
    ['503 Service Unavailable', /could not connect/],
    ['301 Moved', /did not open the way.*301 Moved/],
    ['500 let@me: in Z3Vlc3Q6bGV0QG1lOiBpbg==', /500 \*\*\* \*\*\*/],
  ])('%s', async (status, sentence) => {
    await using server = await startSmtpServer();
    const answer = `HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nbody`;
    await using proxy = await startProxy('http', { ...guest, answer });
    expect((await failed(through(proxy, server))).sentence).toMatch(sentence);
  });

  it('sends the credentials to the proxy and nowhere else', async () => {
    await using server = await startSmtpServer({ auth });
    await using proxy = await startProxy('http', { ...guest, names });
    await sender.send(through(proxy, server), outgoing());
    expect(proxy.requests.join()).toContain('Proxy-Authorization: Basic');
    expect(proxy.requests.join()).not.toContain('canary');
    const said = proxy.passed + server.commands.join('\n');
    expect(said).not.toMatch(/Z3Vlc3Q6|let@me/);
  });

  it('puts no line of its own making into the request', async () => {
    await using server = await startSmtpServer();
    await using proxy = await startProxy('http', { names });
    const host = `${NAME}\r\nX-Injected: 1`;
    await failed(through(proxy, server, { host }));
    expect(proxy.requests).toEqual([]);
  });
});

const at = ({ host, port }: TestProxy): string => `The proxy ${host}:${port} (SMTP_PROXY)`;

async function failed(account: SmtpSettings): Promise<Verdict> {
  const verdict = await sender.send(account, outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'tcp', replyCode: undefined });
  expect(verdict.sentence).toContain('SMTP_PROXY');
  return verdict;
}
