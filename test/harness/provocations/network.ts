import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startBlackHole } from '../black-hole.js';
import { startProxy, type ProxyOptions } from '../proxies.js';
import type { Env, Laboratory, SetUp } from '../doctor.js';
import { delay, drop, garbage, reply, reset, silence, testAuthority } from '../smtp-server.js';
import type { SmtpServerOptions } from '../smtp-server.js';
import type { Provocation } from './provocation.js';

const user = { user: 'someone', pass: 'Correct-Horse-7' };

const against =
  (options: SmtpServerOptions, more: Env = {}, doors: SmtpServerOptions[] = []) =>
  async (lab: Laboratory): Promise<SetUp> => {
    const server = await lab.smtp(options);
    const others = await Promise.all(doors.map(async (door) => await lab.smtp(door)));
    return {
      env: lab.settings(server.port, { SMTP_TLS: String(options.tls === 'implicit'), ...more }),
      options: { doors: others.map(({ port }) => port) },
    };
  };

const speaking =
  (first: string | Buffer, then?: string) =>
  async (lab: Laboratory): Promise<SetUp> => ({
    env: lab.settings(await lab.speaker(first, then)),
    options: { doors: [(await lab.smtp({ tls: 'starttls' })).port] },
  });

/** Where names lead. */
const dns: Provocation[] = [
  {
    cause: 'DNS_NXDOMAIN',
    how: 'a slip of the pen in the name of a provider',
    setUp: async (lab) => {
      const certificate = testAuthority().issue(['smtp.gmail.com']);
      const server = await lab.smtp({ tls: 'starttls', certificate });
      const zone = await lab.dns({ 'smtp.gmail.com': { A: ['127.0.0.1'] } });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.gmial.com' }),
        options: { names: zone.names() },
      };
    },
    fix: 'verified',
    unsendable: true,
    also: ({ findings }) => expect(findings[0]?.fix.set).toEqual({ SMTP_HOST: 'smtp.gmail.com' }),
  },
  {
    cause: 'DNS_NXDOMAIN',
    how: 'a name of nobody',
    setUp: async (lab) => ({
      env: lab.settings(587, { SMTP_HOST: 'mail.nowhere.test' }),
      options: { names: (await lab.dns({})).names() },
    }),
    fix: 'unproven',
  },
  {
    cause: 'DNS_NO_ADDRESS',
    how: 'the domain of the addresses; smtp. before it is the server',
    setUp: async (lab) => {
      const certificate = testAuthority().issue(['smtp.acme.test']);
      const server = await lab.smtp({ tls: 'starttls', certificate });
      const zone = await lab.dns({
        'acme.test': { MX: ['mx.acme.test'] },
        'smtp.acme.test': { A: ['127.0.0.1'] },
      });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'acme.test' }),
        options: { names: zone.names() },
      };
    },
    fix: 'verified',
    unsendable: true,
  },
  {
    cause: 'DNS_NO_ADDRESS',
    how: 'the domain of the addresses, and nothing before it',
    setUp: async (lab) => ({
      env: lab.settings(587, { SMTP_HOST: 'acme.test' }),
      options: { names: (await lab.dns({ 'acme.test': { MX: ['mx.acme.test'] } })).names() },
    }),
    fix: 'unproven',
  },
  ...(['SERVFAIL', 'REFUSED'] as const).map((fault): Provocation => ({
    cause: 'DNS_SERVFAIL',
    how: `the resolver says ${fault}`,
    setUp: async (lab) => ({
      env: lab.settings(587, { SMTP_HOST: 'smtp.acme.test' }),
      options: { names: (await lab.dns({ 'smtp.acme.test': { fault } })).names() },
    }),
    fix: 'unproven',
  })),
  {
    cause: 'DNS_TIMEOUT',
    how: 'the resolver is silent',
    setUp: async (lab) => ({
      env: lab.settings(587, { SMTP_HOST: 'smtp.acme.test' }),
      options: { names: (await lab.dns({ 'smtp.acme.test': { fault: 'silence' } })).names() },
    }),
    fix: 'unproven',
  },
  {
    cause: 'DNS_TIMEOUT',
    how: 'nobody listens where the resolver should be',
    setUp: async (lab) => {
      const zone = await lab.dns({});
      const names = zone.names();
      await zone.close();
      return { env: lab.settings(587, { SMTP_HOST: 'smtp.acme.test' }), options: { names } };
    },
    fix: 'unproven',
  },
  {
    cause: 'DNS_SLOW',
    how: 'the first resolver is dead, the second takes more than a second',
    setUp: async (lab) => {
      const certificate = testAuthority().issue(['smtp.acme.test']);
      const server = await lab.smtp({ tls: 'starttls', certificate });
      const names = (await lab.dns({ 'smtp.acme.test': { A: ['127.0.0.1'] } })).names();
      const late: typeof names.resolve = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        return await names.resolve(...args);
      };
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.acme.test' }),
        options: { names: { ...names, resolve: late } },
      };
    },
    fix: 'unproven',
    warning: true,
  },
  {
    cause: 'DNS_SOME_ADDRESSES_DEAD',
    how: 'one of two addresses refuses',
    setUp: async (lab) => {
      const certificate = testAuthority().issue(['smtp.acme.test']);
      const server = await lab.smtp({ tls: 'starttls', certificate });
      const zone = await lab.dns({ 'smtp.acme.test': { A: ['127.0.0.1', '127.9.9.9'] } });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.acme.test' }),
        options: { names: zone.names() },
      };
    },
    fix: 'unproven',
    warning: true,
  },
  {
    cause: 'DNS_WRONG_ADDRESS',
    how: 'a stale line in /etc/hosts',
    setUp: async (lab) => {
      const server = await lab.smtp({ tls: 'starttls' });
      const zone = await lab.dns({ 'smtp.acme.test': { A: ['127.0.0.1'] } });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.acme.test' }),
        options: { names: zone.names({ 'smtp.acme.test': ['127.9.9.9'] }) },
      };
    },
    fix: 'unproven',
  },
  {
    cause: 'IPV6_UNREACHABLE',
    how: 'an IPv6 address beside one that answers',
    setUp: async (lab) => {
      const certificate = testAuthority().issue(['smtp.acme.test']);
      const server = await lab.smtp({ tls: 'starttls', certificate });
      const zone = await lab.dns({
        'smtp.acme.test': { A: ['127.0.0.1'], AAAA: ['2001:db8::25'] },
      });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.acme.test' }),
        options: { names: zone.names() },
      };
    },
    fix: 'unproven',
    warning: true,
  },
];

const onlyIPv6: Provocation = {
  cause: 'IPV6_UNREACHABLE',
  how: 'an IPv6 address and no other',
  setUp: async (lab) => ({
    env: lab.settings(587, { SMTP_HOST: 'smtp.acme.test' }),
    options: {
      // where there is a route to nowhere, the kernel asks its neighbours for three seconds
      limits: { tcp: 6_000 },
      names: (await lab.dns({ 'smtp.acme.test': { AAAA: ['2001:db8::25'] } })).names(),
    },
  }),
  fix: 'unproven',
};

/** Whether a connection comes to be. */
const connections: Provocation[] = [
  {
    cause: 'CONNECTION_REFUSED',
    how: 'the wrong port, another one has STARTTLS',
    setUp: async (lab) => ({
      env: lab.settings(await lab.deadPort()),
      options: { doors: [(await lab.smtp({ tls: 'starttls' })).port] },
    }),
    fix: 'verified',
  },
  {
    cause: 'CONNECTION_REFUSED',
    how: 'the wrong port, another one has TLS from the first byte, with a password',
    setUp: async (lab) => ({
      env: lab.settings(await lab.deadPort(), {
        SMTP_USERNAME: user.user,
        SMTP_PASSWORD: user.pass,
      }),
      options: { doors: [(await lab.smtp({ tls: 'implicit', auth: user })).port] },
    }),
    fix: 'verified',
  },
  {
    cause: 'CONNECTION_REFUSED',
    how: 'the wrong port, another one is a relay without TLS',
    setUp: async (lab) => ({
      env: lab.settings(await lab.deadPort()),
      options: { doors: [(await lab.smtp({ tls: 'none' })).port] },
    }),
    fix: 'verified',
  },
  {
    cause: 'CONNECTION_REFUSED_LOOPBACK',
    how: 'localhost, and nobody there',
    setUp: async (lab) => ({ env: lab.settings(await lab.deadPort()) }),
    fix: 'unproven',
  },
  {
    cause: 'CONNECTION_FILTERED',
    how: 'packets vanish',
    setUp: async (lab) => ({
      env: lab.settings(await vanishingPort(lab)),
      options: { limits: { tcp: 600 } },
    }),
    fix: 'unproven',
  },
  {
    cause: 'CONNECTION_FILTERED',
    how: 'packets vanish, another port answers',
    setUp: async (lab) => ({
      env: lab.settings(await vanishingPort(lab)),
      options: { limits: { tcp: 600 }, doors: [(await lab.smtp({ tls: 'starttls' })).port] },
    }),
    fix: 'verified',
  },
  {
    cause: 'CONNECTION_FILTERED',
    how: 'there is no way to the address',
    setUp: async (lab) => ({
      env: lab.settings(587, { SMTP_HOST: 'mail.acme.test' }),
      // TCP knows no broadcast
      options: { names: (await lab.dns({})).names({ 'mail.acme.test': ['255.255.255.255'] }) },
    }),
    fix: 'unproven',
    also: ({ findings }) =>
      expect(findings[0]?.title).toBe('There is no way to mail.acme.test:587 from here'),
  },
  {
    cause: 'CONNECTION_RESET',
    how: 'reset at once',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener((socket) => socket.resetAndDestroy())),
    }),
    fix: 'unproven',
  },
  {
    cause: 'CONNECTION_RESET',
    how: 'reset instead of a greeting, another port works',
    setUp: against({ script: { greeting: delay(50, reset()) } }, {}, [{ tls: 'starttls' }]),
    fix: 'verified',
  },
  {
    cause: 'CLOSED_BEFORE_GREETING',
    how: 'fail2ban: accepted and closed',
    setUp: against({ script: { greeting: drop() } }),
    fix: 'unproven',
  },
  {
    cause: 'CLOSED_BEFORE_GREETING',
    how: 'the same, TLS from the first byte',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener((socket) => socket.end()), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'SILENT_SERVER',
    how: 'a load balancer without a backend',
    setUp: async (lab) => ({ env: lab.settings(await lab.listener(() => {})) }),
    fix: 'unproven',
  },
  {
    cause: 'SILENT_SERVER',
    how: 'the same, SMTP_TLS=true',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(() => {}), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'SILENT_SERVER',
    how: 'the same, another port works',
    setUp: against({ script: { greeting: silence() } }, {}, [{ tls: 'implicit' }]),
    fix: 'verified',
  },
  {
    cause: 'GREETING_SLOW',
    how: 'later than SMTP_TIMEOUT_GREETING',
    setUp: against(
      { tls: 'starttls', script: { greeting: delay(600) } },
      { SMTP_TIMEOUT_GREETING: '400ms' },
    ),
    fix: 'unproven',
  },
  {
    cause: 'GREETING_SLOW',
    how: 'a tarpit of three seconds',
    setUp: async (lab) => {
      const set = await against({ tls: 'starttls', script: { greeting: delay(3_100) } })(lab);
      return { ...set, options: { ...set.options, limits: { greeting: 5_000 } } };
    },
    fix: 'unproven',
    warning: true,
  },
];

/**
 * A port whose packets vanish: a process that is stopped does not take connections, and what its
 * queue has no room for is dropped by the kernel without an answer.
 */
async function vanishingPort(lab: Laboratory): Promise<number> {
  const script =
    "const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(data.toString());
  child.kill('SIGSTOP');
  const waiting: Socket[] = Array.from({ length: 6 }, () =>
    connect(port, '127.0.0.1').on('error', () => {}),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  lab.defer(async () => {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  return port;
}

/** Only root may listen at port 25. Where everything has to be tested (CI), who may not fails. */
export const port25IsTested = process.getuid?.() === 0 || process.env['CI'] !== undefined;

/** At port 25 itself, of an address of this machine that no mail server has. */
export const blockedPort25: Provocation = {
  cause: 'PORT_25_BLOCKED',
  how: 'packets to port 25 vanish, another port of the host answers',
  setUp: async (lab) => {
    const host = '127.0.0.25';
    const hole = await startBlackHole(host, 25);
    lab.defer(async () => await hole[Symbol.asyncDispose]());
    const certificate = testAuthority().issue([host]);
    const door = await lab.smtp({ tls: 'starttls', host, certificate });
    return {
      env: lab.settings(25, { SMTP_HOST: host }),
      options: { limits: { tcp: 600 }, doors: [door.port] },
    };
  },
  fix: 'verified',
};

const throughProxy =
  (options: ProxyOptions, protocol: Parameters<typeof startProxy>[0] = 'http') =>
  async (lab: Laboratory): Promise<SetUp> => {
    const server = await lab.smtp({ tls: 'starttls' });
    const proxy = await startProxy(protocol, options);
    lab.defer(async () => await proxy[Symbol.asyncDispose]());
    const env = { SMTP_PROXY: `${protocol}://127.0.0.1:${proxy.port}` };
    return { env: lab.settings(server.port, env) };
  };

const proxies: Provocation[] = [
  {
    cause: 'PROXY_FORBIDS',
    how: 'Squid: 403 to CONNECT',
    setUp: throughProxy({ answer: 'HTTP/1.1 403 Forbidden\r\n\r\n', close: true }),
    fix: 'unproven',
  },
  {
    cause: 'PROXY_AUTH',
    how: '407 without user and password',
    setUp: throughProxy({
      answer:
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n',
      close: true,
    }),
    fix: 'unproven',
  },
  {
    cause: 'PROXY_AUTH',
    how: 'SOCKS5 wants user and password',
    setUp: throughProxy({ user: 'u', pass: 'p' }, 'socks5'),
    fix: 'unproven',
  },
  {
    cause: 'PROXY_UNREACHABLE',
    how: 'nobody listens there',
    setUp: async (lab) => ({
      env: lab.settings((await lab.smtp()).port, {
        SMTP_PROXY: `http://127.0.0.1:${await lab.deadPort()}`,
      }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'PROXY_UNREACHABLE',
    how: 'it takes the connection and keeps quiet',
    setUp: async (lab) => {
      const set = await throughProxy({ silent: true })(lab);
      return { ...set, options: { limits: { tcp: 500 } } };
    },
    fix: 'unproven',
  },
];

/** Somebody else, or SMTP that is not in order. */
const protocols: Provocation[] = [
  {
    cause: 'NOT_SMTP_IMAP',
    how: 'port 143',
    setUp: speaking('* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n', '* BAD\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_POP3',
    how: 'port 110',
    setUp: speaking('+OK Dovecot ready.\r\n', '-ERR\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_SIEVE',
    how: 'port 4190',
    setUp: speaking('"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"STARTTLS"\r\nOK "ready"\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_SSH',
    how: 'port 22',
    setUp: speaking('SSH-2.0-OpenSSH_9.9\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_FTP',
    how: 'port 21: 220 as well',
    setUp: speaking('220 (vsFTPd 3.0.5)\r\n', '530 Please login with USER and PASS.\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_FTP',
    how: 'a greeting of several lines',
    setUp: speaking('220---------- Welcome to Pure-FTPd [TLS] ----------\r\n220 Hello\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_BINARY',
    how: 'a MySQL server',
    setUp: speaking(Buffer.from('4a0000000a382e302e3336000b00000012', 'hex')),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_LMTP',
    how: 'port 24',
    setUp: speaking('220 mx.acme.test LMTP Dovecot ready.\r\n', '500 5.5.1 Unknown command\r\n'),
    fix: 'verified',
  },
  {
    cause: 'NOT_SMTP_IMAP',
    how: 'port 143, SMTP_TLS=true',
    setUp: async (lab) => ({
      env: lab.settings(await lab.speaker('* OK IMAP4rev1 ready\r\n'), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_SSH',
    how: 'port 22, SMTP_TLS=true',
    setUp: async (lab) => {
      const set = await speaking('SSH-2.0-OpenSSH_9.9\r\n')(lab);
      return { ...set, env: { ...set.env, SMTP_TLS: 'true' } };
    },
    fix: 'verified',
  },
  {
    cause: 'GREETING_REJECTED',
    how: '554 with a block list',
    setUp: against({
      script: { greeting: reply(554, '5.7.1 Service unavailable; client host blocked') },
    }),
    fix: 'unproven',
  },
  {
    cause: 'GREETING_REJECTED',
    how: '554 on 25, the submission port works',
    setUp: against({ script: { greeting: reply(554, 'no SMTP service here') } }, {}, [
      { tls: 'starttls' },
    ]),
    fix: 'verified',
  },
  {
    cause: 'TOO_MANY_CONNECTIONS',
    how: '421 in the greeting',
    setUp: against({
      script: { greeting: reply(421, '4.7.0 Too many concurrent SMTP connections from your IP') },
    }),
    fix: 'unproven',
  },
  {
    cause: 'SERVER_TEMPORARY',
    how: '421 without a reason',
    setUp: against({ script: { greeting: reply(421, '4.3.0 service not available') } }),
    fix: 'unproven',
  },
  {
    cause: 'GREETING_UNTERMINATED',
    how: '220 without a line end',
    setUp: speaking('220 mx.acme.test ESMTP'),
    fix: 'verified',
  },
  {
    cause: 'GREETING_UNTERMINATED',
    how: '220- and no more',
    setUp: speaking('220-mx.acme.test\r\n'),
    fix: 'verified',
  },
  {
    cause: 'EHLO_NAME_REJECTED',
    how: 'a name without a dot',
    setUp: async (lab) =>
      await against(
        {
          tls: 'starttls',
          script: {
            ehlo: ({ line }) =>
              line.includes('.') ? undefined : reply(550, '5.7.1 need a fully-qualified name'),
          },
        },
        { SMTP_EHLO_NAME: 'container' },
      )(lab),
    fix: 'verified',
  },
  {
    cause: 'EHLO_NAME_REJECTED',
    how: 'hangs up on who says localhost',
    setUp: async (lab) =>
      await against(
        {
          tls: 'none',
          script: { ehlo: ({ line }) => (line.includes('localhost') ? drop() : undefined) },
        },
        { SMTP_EHLO_NAME: 'localhost' },
      )(lab),
    fix: 'verified',
  },
  {
    cause: 'EHLO_NAME_REJECTED',
    how: 'no name will do',
    setUp: against({
      script: { ehlo: reply(550, '5.7.1 Invalid HELO hostname') },
    }),
    fix: 'unproven',
  },
  {
    cause: 'EHLO_UNSUPPORTED',
    how: '500 to EHLO, HELO is known',
    setUp: against(
      {
        auth: { ...user, inClear: true },
        script: {
          ehlo: ({ line }) => (line.startsWith('EHLO') ? reply(500, 'unknown command') : undefined),
        },
      },
      { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass },
    ),
    fix: 'unproven',
    also: ({ transcript }) =>
      expect(transcript.some(({ line }) => line.startsWith('AUTH'))).toBe(false),
  },
  {
    cause: 'EHLO_STALL',
    how: 'no answer to EHLO',
    setUp: against({ script: { ehlo: silence() } }),
    fix: 'unproven',
  },
  {
    cause: 'EHLO_STALL',
    how: 'an answer that never ends, other port works',
    setUp: against({ script: { ehlo: garbage('250-sink.test\r\n250-PIPELINING\r\n') } }, {}, [
      { tls: 'starttls' },
    ]),
    fix: 'verified',
  },
];

export const networkProvocations = [...dns, onlyIPv6, ...connections, ...proxies, ...protocols];
