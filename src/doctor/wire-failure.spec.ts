import type { Socket } from 'node:net';
import { EXPIRED } from '../../test/harness/certificates.js';
import { type Env, examined, Laboratory, planOf, sent } from '../../test/harness/doctor.js';
import { startBlackHole } from '../../test/harness/black-hole.js';
import { type ProxyOptions, startProxy } from '../../test/harness/proxies.js';
import {
  drop,
  reply,
  reset,
  type Script,
  silence,
  type SmtpServerOptions,
  testAuthority,
} from '../../test/harness/smtp-server.js';
import type { CauseCode } from './causes.js';
import { speakerOf } from './banner.js';
import { nameFailure } from './named-failure.js';

const user = { user: 'someone@acme.test', pass: 'Correct-Horse-7' };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass };
const SOON = {
  SMTP_TIMEOUT_CONNECT: '500ms',
  SMTP_TIMEOUT_GREETING: '400ms',
  SMTP_TIMEOUT_COMMAND: '400ms',
  SMTP_TIMEOUT_DATA: '400ms',
};

type SetUp = (lab: Laboratory) => Promise<Env>;

const against =
  (options: SmtpServerOptions, more: Env = {}): SetUp =>
  async (lab) => {
    const { port } = await lab.smtp(options);
    return lab.settings(port, { SMTP_TLS: String(options.tls === 'implicit'), ...more });
  };

const saying =
  (first: string | Buffer, more: Env = {}): SetUp =>
  async (lab) =>
    lab.settings(await lab.speaker(first), more);

const scripted = (script: Script, more: Env = {}): SetUp =>
  against({ tls: 'starttls', script }, more);

/** A TLS alert, whatever was said (RFC 8446 section 6). */
const alerting =
  (description: number): SetUp =>
  async (lab) => {
    const port = await lab.listener((socket) =>
      socket.once('data', () => socket.end(Buffer.of(0x15, 3, 3, 0, 2, 2, description))),
    );
    return lab.settings(port, { SMTP_TLS: 'true' });
  };

const throughProxy =
  (proxyOptions: ProxyOptions): SetUp =>
  async (lab) => {
    const proxy = await startProxy('http', proxyOptions);
    lab.defer(async () => await proxy[Symbol.asyncDispose]());
    const { port } = await lab.smtp({ tls: 'starttls' });
    return lab.settings(port, { SMTP_PROXY: `http://127.0.0.1:${proxy.port}` });
  };

/** Says yes to STARTTLS, and then whatever. */
const upgrading =
  (then: (socket: Socket) => void): SetUp =>
  async (lab) => {
    const port = await lab.listener((socket) => {
      socket.write('220 mx.acme.test ESMTP\r\n');
      socket.once('data', () => {
        socket.write('250-mx.acme.test\r\n250 STARTTLS\r\n');
        socket.once('data', () => {
          socket.write('220 2.0.0 ready\r\n');
          then(socket);
        });
      });
    });
    return lab.settings(port);
  };

const otherCertificate = (names: string[], more: object = {}) => ({
  certificate: testAuthority().issue(names, more),
});

interface Row {
  readonly how: string;
  readonly setUp: SetUp;
  readonly code: CauseCode;
  /** What the doctor says of it, whose probes tell more; the same unless given. */
  readonly doctor?: CauseCode;
  readonly sentence: RegExp;
}

const rows: readonly Row[] = [
  {
    how: 'nobody listens',
    setUp: async (lab) => lab.settings(await lab.deadPort()),
    code: 'CONNECTION_REFUSED_LOOPBACK',
    sentence: /^Nothing listens at localhost:\d+.* \(ECONNREFUSED\)\. .*gatepost doctor\.$/,
  },
  {
    how: 'packets vanish',
    setUp: async (lab) => {
      const hole = await startBlackHole('127.0.0.1');
      lab.defer(async () => await hole[Symbol.asyncDispose]());
      return lab.settings(hole.port, { SMTP_HOST: '127.0.0.1' });
    },
    code: 'CONNECTION_FILTERED',
    sentence: /^No answer from 127\.0\.0\.1:\d+.* \(nothing came within 0\.5 s\)\./,
  },
  {
    how: 'the address to connect from is none of this machine',
    setUp: against({}, { SMTP_LOCAL_ADDRESS: '192.0.2.1', SMTP_OPPORTUNISTIC_TLS: 'false' }),
    code: 'VALUE_INVALID',
    sentence: /^SMTP_LOCAL_ADDRESS is no address of this machine \(EADDRNOTAVAIL\)\. /,
  },
  {
    how: 'closed without a word',
    setUp: scripted({ greeting: drop() }),
    code: 'CLOSED_BEFORE_GREETING',
    sentence: /^localhost:\d+ takes the connection and closes it without a word\. /,
  },
  {
    how: 'reset without a word',
    setUp: scripted({ greeting: reset() }),
    code: 'CONNECTION_RESET',
    sentence: /^The connection to localhost:\d+ is reset \(ECONNRESET\)\. /,
  },
  {
    how: 'silence',
    setUp: async (lab) => lab.settings(await lab.listener(() => {})),
    code: 'SILENT_SERVER',
    sentence:
      /says nothing \(nothing came within 0\.4 s\)\. Where the port expects TLS from the first byte, as 465 does, write SMTP_TLS=true; .*gatepost doctor\.$/,
  },
  {
    how: 'a port that expects TLS at once: seen from here it is silent',
    setUp: against({ tls: 'implicit' }, { SMTP_TLS: 'false' }),
    code: 'SILENT_SERVER',
    doctor: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    sentence: /write SMTP_TLS=true/,
  },
  {
    how: 'a web server',
    setUp: saying('HTTP/1.1 400 Bad Request\r\n\r\n'),
    code: 'NOT_SMTP_HTTP',
    sentence: /^localhost:\d+ is a web server, not a mail server .*\(HTTP\/1\.1 400 Bad Request/,
  },
  {
    how: 'an IMAP server',
    setUp: saying('* OK IMAP4rev1 ready\r\n'),
    code: 'NOT_SMTP_IMAP',
    sentence: /an IMAP server/,
  },
  {
    how: 'an SSH server',
    setUp: saying('SSH-2.0-OpenSSH_9.9\r\n'),
    code: 'NOT_SMTP_SSH',
    sentence: /an SSH server/,
  },
  {
    how: 'a binary protocol',
    setUp: saying(Buffer.concat([Buffer.of(0x4a, 0, 0, 0, 10), Buffer.from('8.4.0\0x\r\n')])),
    code: 'NOT_SMTP_BINARY',
    sentence: /binary protocol/,
  },
  {
    how: 'an FTP server, which greets as a mail server does',
    setUp: async (lab) =>
      lab.settings(
        await lab.speaker('220 (vsFTPd 3.0.5)\r\n', '530 Please login with USER and PASS.\r\n'),
      ),
    code: 'NOT_SMTP_FTP',
    sentence: /an FTP server.*\(530 Please login/,
  },
  {
    how: 'plain text where TLS was begun',
    setUp: against({ tls: 'starttls' }, { SMTP_TLS: 'true' }),
    code: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    sentence:
      /^SMTP_TLS=true, but port \d+ starts in plain text \(ERR_SSL_WRONG_VERSION_NUMBER\)\. If a mail server listens there, write SMTP_TLS=false and /,
  },
  {
    how: 'silence where TLS was begun',
    setUp: async (lab) => lab.settings(await lab.listener(() => {}), { SMTP_TLS: 'true' }),
    code: 'SILENT_SERVER',
    sentence: /says nothing \(nothing came within 0\.[45]/,
  },
  {
    how: 'closed when TLS begins',
    setUp: async (lab) =>
      lab.settings(await lab.listener((socket) => socket.once('data', () => socket.destroy())), {
        SMTP_TLS: 'true',
      }),
    code: 'CLOSED_DURING_HANDSHAKE',
    sentence: /closes the connection when TLS begins/,
  },
  {
    how: 'the server wants a certificate: alert 116',
    setUp: alerting(116),
    code: 'CLIENT_CERT_REQUIRED',
    sentence: /client certificate/,
  },
  {
    how: 'the server does not know the name: alert 112',
    setUp: alerting(112),
    code: 'SNI_REFUSED',
    sentence: /ERR_SSL/,
  },
  {
    how: 'the server has an error of its own: alert 80',
    setUp: alerting(80),
    code: 'TLS_SERVER_ERROR',
    sentence: /ends the handshake with an error of its own/,
  },
  {
    how: 'the server has no TLS as new: alert 70',
    setUp: alerting(70),
    code: 'TLS_TOO_OLD',
    sentence: /^localhost speaks no TLS as new as TLSv1\.2 \(ERR_SSL/,
  },
  {
    how: 'an expired certificate',
    setUp: against({ tls: 'starttls', ...otherCertificate(['localhost'], EXPIRED) }),
    code: 'CERT_EXPIRED',
    sentence: /^The certificate of localhost has expired \(CERT_HAS_EXPIRED\)\. /,
  },
  {
    how: 'a certificate for another name, TLS at once',
    setUp: against({ tls: 'implicit', ...otherCertificate(['mx.acme.test']) }),
    code: 'CERT_WRONG_HOST',
    sentence: /^The certificate of localhost is for other names, not for localhost \(ERR_TLS_CERT/,
  },
  {
    how: 'an address, and a certificate for a name',
    setUp: against(
      { tls: 'implicit', ...otherCertificate(['mx.acme.test']) },
      { SMTP_HOST: '127.0.0.1' },
    ),
    code: 'CERT_WRONG_HOST_IP',
    sentence: /^SMTP_HOST is the IP address 127\.0\.0\.1/,
  },
  {
    how: 'an authority that is not known',
    setUp: against({ tls: 'starttls' }, { SMTP_TLS_CA_FILE: undefined }),
    code: 'CERT_UNKNOWN_CA',
    sentence: /^The certificate of localhost comes from an authority not known here /,
  },
  {
    how: 'no STARTTLS',
    setUp: against({ tls: 'none' }, { SMTP_REQUIRE_TLS: 'true' }),
    code: 'STARTTLS_NOT_OFFERED',
    sentence: /^localhost:\d+ offers no STARTTLS, so nothing was sent \(\d{3} .*\)\. Try /,
  },
  {
    how: 'STARTTLS is refused',
    setUp: scripted({ starttls: reply(454, '4.7.0 TLS not available') }),
    code: 'STARTTLS_REFUSED',
    sentence: /offers STARTTLS and refuses it when asked \(454 4\.7\.0/,
  },
  {
    how: 'STARTTLS is said yes to, and then nothing comes',
    setUp: upgrading(() => {}),
    code: 'STARTTLS_STALL',
    sentence: /the handshake never comes/,
  },
  {
    how: 'STARTTLS is said yes to, and then plain text comes',
    setUp: upgrading((socket) => socket.on('data', () => socket.write('500 what?\r\n'))),
    code: 'STARTTLS_GARBAGE',
    sentence: /agrees to STARTTLS and then does not speak TLS \(ERR_SSL_WRONG_VERSION_NUMBER\)/,
  },
  {
    how: 'STARTTLS is said yes to, and then it is closed',
    setUp: upgrading((socket) => socket.once('data', () => socket.destroy())),
    code: 'STARTTLS_CLOSED',
    sentence: /closes the connection after STARTTLS/,
  },
  {
    how: 'no answer to EHLO',
    setUp: scripted({ ehlo: silence() }),
    code: 'EHLO_STALL',
    sentence:
      /greets and never answers EHLO \(nothing came within 0\.4 s\)\. Try SMTP_PORT=465 and/,
  },
  {
    how: 'no way to sign in is offered',
    setUp: against({ tls: 'starttls' }, credentials),
    code: 'AUTH_NOT_OFFERED',
    sentence: /Check SMTP_HOST and SMTP_PORT \(587 or 465/,
  },
  {
    how: 'none that could be used is offered',
    setUp: against({ tls: 'starttls', auth: { ...user, methods: ['SCRAM-SHA-256'] } }, credentials),
    code: 'AUTH_MECH_UNSUPPORTED',
    sentence: /it offers SCRAM-SHA-256/,
  },
  {
    how: 'the server hangs up in the sign-in',
    setUp: against({ tls: 'starttls', auth: user, script: { auth: drop() } }, credentials),
    code: 'AUTH_HANGUP',
    sentence: /hangs up|ends the connection/,
  },
  {
    how: 'the proxy forbids it',
    setUp: throughProxy({ answer: 'HTTP/1.1 403 Forbidden\r\n\r\n' }),
    code: 'PROXY_FORBIDS',
    sentence:
      /^The proxy 127\.0\.0\.1:\d+ \(SMTP_PROXY\) does not let us connect to localhost:\d+ /,
  },
  {
    how: 'nobody is at the proxy',
    setUp: async (lab) =>
      lab.settings((await lab.smtp({ tls: 'starttls' })).port, {
        SMTP_PROXY: `http://127.0.0.1:${await lab.deadPort()}`,
      }),
    code: 'PROXY_UNREACHABLE',
    sentence: /^The proxy 127\.0\.0\.1:\d+ \(SMTP_PROXY\) refuses connections: /,
  },
];

describe('What the wire saw', () => {
  it.each(rows)('$how: $code, as the doctor says', async ({ setUp, code, doctor, sentence }) => {
    await using lab = new Laboratory();
    const env = { ...(await setUp(lab)), ...SOON };
    const named = nameFailure(await sent(env), planOf(env), 'bob@example.org');
    expect(named?.code).toBe(code);
    expect(named?.sentence).toMatch(sentence);
    const report = await examined({ env, options: { limits: { greeting: 800, tcp: 800 } } });
    expect(report.findings[0]?.code).toBe(doctor ?? code);
  });
});

describe('Who greets with 220', () => {
  it.each([
    ['220 (vsFTPd 3.0.5)', 'ftp'],
    ['220 ProFTPD Server ready.', 'ftp'],
    ['220 mx.acme.test LMTP Dovecot ready', 'lmtp'],
    ['220 mx.acme.test ready', 'smtp'],
    // a host may be called anything
    ['220 ftp.acme.test ESMTP Postfix', 'smtp'],
    ['220 lmtp.acme.test ESMTP', 'smtp'],
    ['220 proftpd.acme.test SMTP', 'smtp'],
  ])('%s: %s', (greeting, speaker) => {
    expect(speakerOf(Buffer.from(`${greeting}\r\n`))).toBe(speaker);
  });
});
