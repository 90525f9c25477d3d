import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { createAuthority, EXPIRED, NOT_YET_VALID, selfSigned } from '../certificates.js';
import type { Env, Laboratory, SetUp } from '../doctor.js';
import { answerWithoutSecureRenegotiation, answerWithGroup } from '../obsolete-tls.js';
import { drop, garbage, reply, reset, silence, testAuthority } from '../smtp-server.js';
import type { SmtpServerOptions } from '../smtp-server.js';
import type { Provocation } from './provocation.js';

const user = { user: 'someone', pass: 'Correct-Horse-7' };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass };
const ordinary = (): ReturnType<ReturnType<typeof testAuthority>['issue']> =>
  testAuthority().issue(['localhost', '127.0.0.1']);

/** The server, and settings that fit it but for what is given. */
const against =
  (options: SmtpServerOptions, more: Env = {}, doors: SmtpServerOptions[] = []) =>
  async (lab: Laboratory): Promise<SetUp> => {
    const server = await lab.smtp(options);
    const others = await Promise.all(doors.map(async (door) => await lab.smtp(door)));
    const implicit = options.tls === 'implicit';
    const env = { SMTP_TLS: String(implicit), ...more };
    return {
      env: lab.settings(server.port, env),
      options: { doors: others.map(({ port }) => port) },
    };
  };

const certified = (certificate: SmtpServerOptions['certificate']): SmtpServerOptions => ({
  tls: 'starttls',
  certificate: certificate ?? ordinary(),
});

/** When TLS starts. */
const modes: Provocation[] = [
  {
    cause: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    how: 'SMTP_TLS=true, the port has STARTTLS',
    setUp: against({ tls: 'starttls' }, { SMTP_TLS: 'true' }),
    fix: 'verified',
  },
  {
    cause: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    how: 'the same with a password and another port with TLS',
    setUp: against({ tls: 'starttls', auth: user }, { SMTP_TLS: 'true', ...credentials }, [
      { tls: 'implicit', auth: user },
    ]),
    fix: 'verified',
  },
  {
    cause: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    how: 'SMTP_TLS=true, a relay without TLS',
    setUp: against({ tls: 'none' }, { SMTP_TLS: 'true' }),
    fix: 'verified',
  },
  {
    cause: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    how: 'the certificate behind STARTTLS is no good: that is no proof, nor is clear text',
    setUp: async (lab) =>
      await against(certified(selfSigned(['localhost'])), { SMTP_TLS: 'true' })(lab),
    fix: 'unproven',
  },
  {
    cause: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    how: 'the certificate is no good: that is no proof',
    setUp: async (lab) =>
      await against(
        { tls: 'implicit', certificate: selfSigned(['localhost']) },
        { SMTP_TLS: 'false' },
      )(lab),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_REFUSED',
    how: 'the certificate of the other port is no good: it is not offered',
    setUp: against(
      { tls: 'starttls', script: { starttls: reply(454, '4.7.0 TLS not available') } },
      {},
      [{ tls: 'implicit', certificate: selfSigned(['localhost']) }],
    ),
    fix: 'unproven',
  },
  {
    cause: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    how: 'STARTTLS asked for, the port starts with TLS',
    setUp: against({ tls: 'implicit' }, { SMTP_TLS: 'false' }),
    fix: 'verified',
  },
  {
    cause: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    how: 'the same with a password',
    setUp: against({ tls: 'implicit', auth: user }, { SMTP_TLS: 'false', ...credentials }),
    fix: 'verified',
  },
  {
    cause: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    how: 'clear text asked for, the port starts with TLS',
    setUp: against({ tls: 'implicit' }, { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'false' }),
    fix: 'verified',
  },
  {
    cause: 'NOT_TLS',
    how: 'SMTP_TLS=true, the answer is no protocol at all',
    setUp: async (lab) => ({
      env: lab.settings(await lab.speaker('', 'what do you want\r\n'), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'CLOSED_DURING_HANDSHAKE',
    how: 'SMTP_TLS=true, a filter hangs up on the ClientHello',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener((socket) => socket.once('data', () => socket.end())), {
        SMTP_TLS: 'true',
      }),
    }),
    fix: 'unproven',
  },
];

/** What becomes of STARTTLS on the way. */
const upgrades: Provocation[] = [
  {
    cause: 'STARTTLS_NOT_OFFERED',
    how: 'no STARTTLS, another port has TLS',
    setUp: against({ tls: 'none', auth: { ...user, inClear: true } }, credentials, [
      { tls: 'implicit', auth: user },
    ]),
    fix: 'verified',
    also: ({ transcript }) =>
      expect(transcript.some(({ line }) => line.startsWith('AUTH'))).toBe(false),
  },
  {
    cause: 'STARTTLS_NOT_OFFERED',
    how: 'no STARTTLS anywhere, and required',
    setUp: against({ tls: 'none' }, { SMTP_REQUIRE_TLS: 'true' }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_STRIPPED',
    how: 'taken out of the answer to EHLO, the command works',
    setUp: against(
      { tls: 'starttls', auth: user, script: { ehlo: reply(250, ['sink.test', 'SIZE 1000']) } },
      credentials,
      [{ tls: 'implicit', auth: user }],
    ),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_STRIPPED',
    how: 'taken out, and the command is answered with 454',
    setUp: against(
      {
        tls: 'starttls',
        script: {
          ehlo: reply(250, ['sink.test', 'SIZE 1000']),
          starttls: reply(454, '4.7.0 TLS not available'),
        },
      },
      { SMTP_REQUIRE_TLS: 'true' },
    ),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_MASKED',
    how: 'Cisco inspect esmtp: XXXXXXXA and a greeting of stars',
    setUp: against(
      {
        tls: 'none',
        script: {
          greeting: reply(220, '*'.repeat(48)),
          ehlo: reply(250, ['sink.test', 'XXXXXXXA', 'XXXXXXXB']),
        },
      },
      { SMTP_REQUIRE_TLS: 'true' },
      [{ tls: 'implicit' }],
    ),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_REFUSED',
    how: '454 TLS not available due to local problem',
    setUp: against(
      {
        tls: 'starttls',
        script: { starttls: reply(454, '4.7.0 TLS not available due to local problem') },
      },
      { SMTP_REQUIRE_TLS: 'true' },
      [{ tls: 'implicit' }],
    ),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_REFUSED',
    how: '502 although it was offered',
    setUp: against({ tls: 'starttls', script: { starttls: reply(502, '5.5.1 not implemented') } }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_GARBAGE',
    how: 'after the 220 it goes on in plain text',
    setUp: async (lab) => ({
      env: lab.settings(
        await plainPeer(lab, (socket) => socket.on('data', () => socket.write('500 what?\r\n'))),
      ),
    }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_INJECTION',
    how: 'plain text glued to the 220',
    setUp: against(
      {
        tls: 'starttls',
        script: { starttls: garbage('220 2.0.0 go ahead\r\n250 2.1.0 injected\r\n') },
      },
      { SMTP_REQUIRE_TLS: 'true' },
      [{ tls: 'implicit' }],
    ),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_STALL',
    how: 'silence after the 220',
    setUp: async (lab) => ({ env: lab.settings(await plainPeer(lab, () => {})) }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_STALL',
    how: 'no answer to the command',
    setUp: against({ tls: 'starttls', script: { starttls: silence() } }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_CLOSED',
    how: 'closed on the ClientHello after the 220',
    setUp: async (lab) => ({
      env: lab.settings(await plainPeer(lab, (socket) => socket.once('data', () => socket.end()))),
    }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_CLOSED',
    how: 'hangs up instead of an answer',
    setUp: against({ tls: 'starttls', script: { starttls: drop() } }),
    fix: 'unproven',
  },
  {
    cause: 'STARTTLS_CLOSED',
    how: 'reset instead of an answer, another port works',
    setUp: against({ tls: 'starttls', script: { starttls: reset() } }, {}, [{ tls: 'implicit' }]),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_REQUIRED',
    how: 'clear text asked for, 530 at MAIL',
    setUp: against(
      {
        tls: 'starttls',
        script: {
          mail: ({ secure }) =>
            secure ? undefined : reply(530, '5.7.0 Must issue a STARTTLS command first'),
        },
      },
      { SMTP_OPPORTUNISTIC_TLS: 'false' },
    ),
    fix: 'verified',
  },
  {
    cause: 'STARTTLS_REQUIRED',
    how: 'clear text asked for, AUTH comes only behind STARTTLS',
    setUp: against(
      { tls: 'starttls', auth: user },
      { SMTP_OPPORTUNISTIC_TLS: 'false', ...credentials },
    ),
    fix: 'verified',
  },
];

/** A server that agrees to STARTTLS and then does this. */
async function plainPeer(lab: Laboratory, then: (socket: Socket) => void): Promise<number> {
  return await lab.listener((socket) => {
    socket.write('220 sink.test ESMTP\r\n');
    const talk = (data: Buffer): void => {
      if (data.toString().startsWith('EHLO')) socket.write('250-sink.test\r\n250 STARTTLS\r\n');
      else if (data.toString().startsWith('STARTTLS')) {
        socket.off('data', talk);
        socket.write('220 go ahead\r\n');
        then(socket);
      }
    };
    socket.on('data', talk);
  });
}

/** Who the server says it is. */
const certificates: Provocation[] = [
  {
    cause: 'CERT_EXPIRED',
    how: 'since an hour, STARTTLS',
    setUp: async (lab) =>
      await against(certified(testAuthority().issue(['localhost'], EXPIRED)))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_EXPIRED',
    how: 'since an hour, TLS from the first byte',
    setUp: async (lab) =>
      await against({
        tls: 'implicit',
        certificate: testAuthority().issue(['localhost'], EXPIRED),
      })(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_NOT_YET_VALID',
    how: 'from tomorrow',
    setUp: async (lab) =>
      await against(certified(testAuthority().issue(['localhost'], NOT_YET_VALID)))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_SELF_SIGNED',
    how: 'the one that a package makes at its installation',
    setUp: async (lab) => await against(certified(selfSigned(['localhost'])))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_UNKNOWN_CA',
    how: 'the authority of a company',
    setUp: async (lab) =>
      await against(certified(createAuthority('Acme Internal CA').issue(['localhost'])))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_UNKNOWN_CA',
    how: 'the same with its root sent along',
    setUp: async (lab) => {
      const authority = createAuthority('Acme Internal CA');
      const { cert, key } = authority.issue(['localhost']);
      return await against(certified({ cert: cert + authority.cert, key }))(lab);
    },
    fix: 'unproven',
  },
  {
    cause: 'CERT_CHAIN_INCOMPLETE',
    how: 'cert.pem instead of fullchain.pem',
    setUp: async (lab) => {
      const between = createAuthority('Acme Root').subordinate('Acme TLS 1');
      const issuerUrl = 'http://acme.test/tls1.crt';
      return await against(certified(between.issue(['localhost'], { issuerUrl })))(lab);
    },
    fix: 'unproven',
  },
  {
    cause: 'CERT_CHAIN_INCOMPLETE',
    how: "a leaf of Let's Encrypt alone",
    setUp: async (lab) =>
      await against(certified(createAuthority("Let's Encrypt R99").issue(['localhost'])))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_WRONG_HOST',
    how: 'SMTP_HOST is our own name for the server of a provider',
    setUp: async (lab) => {
      const set = await against(certified(testAuthority().issue(['smtp.acme.test'])))(lab);
      const dns = await lab.dns({
        'mail.sender.test': { A: ['127.0.0.1'] },
        'smtp.acme.test': { A: ['127.0.0.1'] },
      });
      return {
        env: { ...set.env, SMTP_HOST: 'mail.sender.test' },
        options: { ...set.options, names: dns.names() },
      };
    },
    fix: 'verified',
    unsendable: true,
  },
  {
    cause: 'CERT_WRONG_HOST',
    how: 'for names that lead nowhere',
    setUp: async (lab) =>
      await against(certified(testAuthority().issue(['*.acme.test', 'mx.acme.test'])))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_WRONG_HOST_IP',
    how: 'SMTP_HOST is an address',
    setUp: async (lab) =>
      await against(certified(testAuthority().issue(['localhost'])), { SMTP_HOST: '127.0.0.1' })(
        lab,
      ),
    fix: 'verified',
  },
  {
    cause: 'SNI_NEEDED',
    how: 'an address, and many names at one server',
    setUp: async (lab) => {
      const right = testAuthority().issue(['sink.test']);
      const first = testAuthority().issue(['first.customer.test']);
      return await against(
        {
          tls: 'starttls',
          certificate: first,
          tlsOptions: {
            SNICallback: (name, done) =>
              done(null, name === 'sink.test' ? createSecureContext(right) : undefined),
          },
        },
        { SMTP_HOST: '127.0.0.1' },
      )(lab);
    },
    fix: 'verified',
  },
  {
    cause: 'SNI_REFUSED',
    how: 'unrecognized_name',
    setUp: async (lab) => ({
      env: lab.settings(await alertPeer(lab, 112), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'CERT_BAD_PURPOSE',
    how: 'a certificate for clients',
    setUp: async (lab) =>
      await against(certified(testAuthority().issue(['localhost'], { purpose: 'client' })))(lab),
    fix: 'unproven',
  },
  {
    cause: 'CERT_WEAK',
    how: 'an RSA key of 1024 bits',
    setUp: async (lab) =>
      await against({
        ...certified(testAuthority().issue(['localhost'], { rsaBits: 1024 })),
        tlsOptions: { ciphers: 'DEFAULT@SECLEVEL=0' },
      })(lab),
    fix: 'unproven',
  },
  {
    cause: 'CLIENT_CERT_REQUIRED',
    how: 'TLS 1.3, told after the handshake',
    setUp: against({
      tls: 'implicit',
      tlsOptions: { requestCert: true, rejectUnauthorized: true, ca: testAuthority().cert },
    }),
    fix: 'unproven',
  },
  {
    cause: 'CLIENT_CERT_REQUIRED',
    how: 'TLS 1.2, told within the handshake',
    setUp: against({
      tls: 'starttls',
      maxVersion: 'TLSv1.2',
      tlsOptions: { requestCert: true, rejectUnauthorized: true, ca: testAuthority().cert },
    }),
    fix: 'unproven',
  },
  {
    cause: 'SMTP_INTERCEPTED',
    how: 'a hosting company redirects outgoing mail to a server of its own',
    setUp: async (lab) => {
      const server = await lab.smtp({
        tls: 'starttls',
        certificate: testAuthority().issue(['*.hoster.test']),
        script: { greeting: reply(220, 'mx7.hoster.test ESMTP') },
      });
      const dns = await lab.dns({ 'smtp.gmail.com': { A: ['127.0.0.1'] } });
      return {
        env: lab.settings(server.port, { SMTP_HOST: 'smtp.gmail.com' }),
        options: { names: dns.names() },
      };
    },
    fix: 'unproven',
    unsendable: true,
  },
  {
    cause: 'TLS_INTERCEPTED',
    how: 'an antivirus program in between',
    setUp: async (lab) =>
      await against(certified(createAuthority('Avast Web/Mail Shield Root').issue(['localhost'])))(
        lab,
      ),
    fix: 'unproven',
  },
];

/** What both sides can do. */
const ciphers: Provocation[] = [
  {
    cause: 'TLS_TOO_OLD',
    how: 'TLS 1.1 at most, STARTTLS',
    setUp: against({ tls: 'starttls', maxVersion: 'TLSv1.1' }),
    fix: 'unproven',
  },
  {
    cause: 'TLS_TOO_OLD',
    how: 'TLS 1.1 at most, TLS from the first byte',
    setUp: against({ tls: 'implicit', maxVersion: 'TLSv1.1' }),
    fix: 'unproven',
  },
  {
    cause: 'CIPHER_SPEC_EXCLUDES',
    how: 'SMTP_CIPHER_SPEC=TLSv1.3, the server has 1.2',
    setUp: against({ tls: 'starttls', maxVersion: 'TLSv1.2' }, { SMTP_CIPHER_SPEC: 'TLSv1.3' }),
    fix: 'verified',
  },
  {
    cause: 'CIPHER_SPEC_EXCLUDES',
    how: 'a list without a common cipher',
    setUp: against(
      {
        tls: 'implicit',
        maxVersion: 'TLSv1.2',
        tlsOptions: { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      },
      { SMTP_CIPHER_SPEC: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
    ),
    fix: 'verified',
  },
  {
    cause: 'CIPHER_TOO_OLD',
    how: 'the server has ciphers without forward secrecy or authentication alone',
    setUp: against({
      tls: 'starttls',
      maxVersion: 'TLSv1.2',
      tlsOptions: { ciphers: 'ECDHE-ECDSA-NULL-SHA@SECLEVEL=0' },
    }),
    fix: 'unproven',
  },
  {
    cause: 'TLS_SERVER_ERROR',
    how: 'alert internal_error',
    setUp: async (lab) => ({
      env: lab.settings(await alertPeer(lab, 80), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
];

const withGroup =
  (bits: number) =>
  (socket: Socket): void =>
    answerWithGroup(bits, socket, testAuthority().issue(['localhost'], { rsaBits: 2048 }));

/** What OpenSSL refuses by itself, whatever else both sides can do. */
const obsolete = (
  [
    ['TLS_LEGACY_RENEGOTIATION', 'an appliance without RFC 5746', answerWithoutSecureRenegotiation],
    ['DH_TOO_SMALL', 'a Diffie-Hellman group of 512 bits', withGroup(512)],
    ['DH_TOO_SMALL', 'a Diffie-Hellman group of 1024 bits', withGroup(1024)],
  ] as const
).flatMap(([cause, how, answer]): Provocation[] => [
  {
    cause,
    how: `${how}, TLS from the first byte`,
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(answer), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause,
    how: `${how}, STARTTLS`,
    setUp: async (lab) => ({ env: lab.settings(await plainPeer(lab, answer)) }),
    fix: 'unproven',
  },
]);

/** Who answers a ClientHello with this alert. */
async function alertPeer(lab: Laboratory, alert: number): Promise<number> {
  return await lab.listener((socket) =>
    socket.once('data', () => socket.end(Buffer.of(0x15, 3, 3, 0, 2, 2, alert))),
  );
}

/** Behind TLS, or asked by it, something else answers. */
export const secureStrangers: Provocation[] = [
  {
    cause: 'NOT_SMTP_HTTP',
    how: 'a web server, STARTTLS asked for',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(() => {}, createHttpServer())),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_HTTP',
    how: 'a web server, SMTP_TLS=true',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(() => {}, createHttpServer()), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_HTTP',
    how: 'https, SMTP_TLS=true',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(() => {}, createHttpsServer(ordinary())), {
        SMTP_TLS: 'true',
      }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_HTTP',
    how: 'https, STARTTLS asked for',
    setUp: async (lab) => ({
      env: lab.settings(await lab.listener(() => {}, createHttpsServer(ordinary()))),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_IMAP',
    how: 'IMAP with TLS (993), SMTP_TLS=true',
    setUp: async (lab) => ({
      env: lab.settings(await imaps(lab), { SMTP_TLS: 'true' }),
    }),
    fix: 'unproven',
  },
  {
    cause: 'NOT_SMTP_IMAP',
    how: 'IMAP with TLS (993), STARTTLS asked for',
    setUp: async (lab) => ({ env: lab.settings(await imaps(lab)) }),
    fix: 'unproven',
  },
];

const imaps = async (lab: Laboratory): Promise<number> =>
  await lab.listener(
    (socket) => socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n'),
    createTlsServer(ordinary()),
    'secureConnection',
  );

export const tlsProvocations = [...modes, ...upgrades, ...certificates, ...ciphers, ...obsolete];
