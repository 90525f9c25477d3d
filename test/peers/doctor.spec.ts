import type { CauseCode, Report } from '#doctor';
import { selfSigned } from '../harness/certificates.js';
import { type Env, examined, Laboratory, sent } from '../harness/doctor.js';
import { startDovecot } from '../harness/peers/dovecot.js';
import { type Endpoint, type PeerOptions, USER } from '../harness/peers/endpoint.js';
import { startExim } from '../harness/peers/exim.js';
import {
  describeWithPeer,
  DOVECOT,
  EXIM,
  type PeerProgram,
  POSTFIX,
} from '../harness/peers/installed.js';
import { startPostfix } from '../harness/peers/postfix.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

/** The ports that all of them have. */
interface Peer {
  /** Where nobody signs in. */
  readonly open?: Endpoint;
  readonly starttls: Endpoint;
  readonly implicit: Endpoint;
  readonly log: string;
  close(): Promise<void>;
}

const CREDENTIALS = { SMTP_USERNAME: USER.user, SMTP_PASSWORD: USER.pass };
const STARTTLS = { ...CREDENTIALS, SMTP_TLS: 'false' };
const IMPLICIT = { ...CREDENTIALS, SMTP_TLS: 'true' };
const NO_SIGN_IN = { SMTP_USERNAME: undefined, SMTP_PASSWORD: undefined };

/** A set-up that is wrong: at which port, by which settings, and what the doctor calls it. */
interface Fault {
  readonly how: string;
  readonly at: 'starttls' | 'implicit';
  readonly env: Env;
  readonly code: CauseCode;
  /** What the fix sets, where it is a setting; it is applied, and a mail arrives. */
  readonly set?: Env;
  /** Is what the fix sets only likely, for it can not be tried without sending? */
  readonly isUnproven?: boolean;
  /** What is said once the fix is applied, where that uncovers another fault. */
  readonly next?: CauseCode;
}

const SAME_EVERYWHERE: readonly Fault[] = [
  {
    how: 'TLS at once where it speaks STARTTLS',
    at: 'starttls',
    env: IMPLICIT,
    code: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    set: { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'true' },
  },
  {
    how: 'STARTTLS where it speaks TLS at once',
    at: 'implicit',
    env: STARTTLS,
    code: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    set: { SMTP_TLS: 'true', SMTP_OPPORTUNISTIC_TLS: 'false' },
  },
  {
    how: 'a wrong password, over STARTTLS',
    at: 'starttls',
    env: { ...STARTTLS, SMTP_PASSWORD: 'canary 1' },
    code: 'AUTH_BAD_CREDENTIALS',
  },
  {
    how: 'a wrong password, over TLS',
    at: 'implicit',
    env: { ...IMPLICIT, SMTP_PASSWORD: 'canary 1' },
    code: 'AUTH_BAD_CREDENTIALS',
  },
  {
    how: 'an authority that nobody trusts, over STARTTLS',
    at: 'starttls',
    env: { ...STARTTLS, SMTP_TLS_CA_FILE: undefined },
    code: 'CERT_UNKNOWN_CA',
  },
  {
    how: 'an authority that nobody trusts, over TLS',
    at: 'implicit',
    env: { ...IMPLICIT, SMTP_TLS_CA_FILE: undefined },
    code: 'CERT_UNKNOWN_CA',
  },
];

/** Dovecot takes a connection from its own address for a private one, and lets it sign in. */
const CLEAR_TEXT: Fault = {
  how: 'a sign-in in clear text, which it takes only after STARTTLS',
  at: 'starttls',
  env: { ...STARTTLS, SMTP_OPPORTUNISTIC_TLS: 'false' },
  code: 'STARTTLS_REQUIRED',
  set: { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'true' },
};

function examining(
  program: PeerProgram,
  start: (options: PeerOptions) => Promise<Peer>,
  faults: readonly Fault[],
): void {
  describeWithPeer(program, () => {
    let sink: SmtpServer;
    let peer: Peer;
    let lab: Laboratory;
    beforeAll(async () => {
      sink = await startSmtpServer();
      peer = await start({ relayTo: sink.port });
      lab = new Laboratory();
    });
    afterAll(async () => {
      await lab?.[Symbol.asyncDispose]();
      await peer?.close();
      await sink?.close();
    });

    const settings = (at: Fault['at'], env: Env, { port } = peer[at]): Env =>
      lab.settings(port, { SMTP_SENDER: 'noreply@example.com', ...env });

    it.each([
      ['STARTTLS', 'starttls', STARTTLS],
      ['TLS', 'implicit', IMPLICIT],
    ] as const)('has nothing to be said against it, with %s', async (_name, at, env) => {
      const report = await examinedPatiently(settings(at, env), 'ada@example.org');
      expect([report.findings, report.exitCode]).toEqual([[], 0]);
      const { from } = await sink.waitForMessage(({ rcpts }) => rcpts.includes('ada@example.org'));
      expect(from).toBe('noreply@example.com');
      sink.messages.length = 0;
    });

    it('has nothing to be said against it, in clear text', async () => {
      const signIn = peer.open ? NO_SIGN_IN : CREDENTIALS;
      const env = { ...signIn, SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'false' };
      const report = await examinedPatiently(settings('starttls', env, peer.open));
      expect([report.findings, report.exitCode]).toEqual([[], 0]);
      expect(report.target?.mode).toBe('none');
    });

    it.each(faults)('$code: $how', async ({ at, env, code, set, isUnproven, next }) => {
      const given = settings(at, env);
      const report = await examinedPatiently(given);
      const [finding] = report.findings;
      expect(finding?.code).toBe(code);
      expect(JSON.stringify(report)).not.toContain('canary');
      if (!set) return expect(finding?.fix.set).toEqual({});
      const applicability = isUnproven ? 'likely' : 'verified';
      expect(finding?.fix).toMatchObject({ applicability, unset: [] });
      expect(finding?.fix.set).toEqual(set);
      const cured = { ...given, ...set };
      expect((await examinedPatiently(cured)).findings[0]?.code).toBe(next);
      if (next) return;
      sink.messages.length = 0;
      expect((await sent(cured)).outcome).toBe('accepted');
      expect((await sink.waitForMessage()).from).toBe(cured['SMTP_SENDER']);
    });
  });
}

/** Real servers fork, check passwords and shake hands; on a busy machine that takes a while. */
async function examinedPatiently(env: Env, to?: string): Promise<Report> {
  const limits = {
    greeting: 12_000,
    handshake: 10_000,
    ehlo: 10_000,
    auth: 12_000,
    trial: 12_000,
  };
  return await examined({ env, options: { to, limits } });
}

examining(
  POSTFIX,
  async (options) =>
    await startPostfix({
      ...options,
      settings: [
        'smtpd_sender_login_maps = texthash:$config_directory/senders',
        'smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch',
      ],
      files: {
        senders: `noreply@example.com ${USER.user}\n${USER.user} ${USER.user}\nboss@example.com boss@example.com\n`,
      },
    }),
  [
    ...SAME_EVERYWHERE,
    CLEAR_TEXT,
    {
      how: 'a sender that belongs to somebody else',
      at: 'starttls',
      env: { ...STARTTLS, SMTP_SENDER: 'boss@example.com' },
      code: 'SENDER_NOT_OWNED',
      set: { SMTP_SENDER: USER.user },
      isUnproven: true,
    },
    {
      how: 'no sign-in, which it wants',
      at: 'starttls',
      env: { ...STARTTLS, ...NO_SIGN_IN },
      code: 'RELAY_DENIED',
    },
    {
      how: 'no encryption and no sign-in, and it wants both',
      at: 'starttls',
      env: { ...NO_SIGN_IN, SMTP_OPPORTUNISTIC_TLS: 'false' },
      code: 'STARTTLS_REQUIRED',
      set: { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'true' },
      next: 'RELAY_DENIED',
    },
  ],
);

examining(DOVECOT, startDovecot, [
  ...SAME_EVERYWHERE,
  {
    how: 'no sign-in, which it wants',
    at: 'implicit',
    env: { ...IMPLICIT, ...NO_SIGN_IN },
    code: 'AUTH_REQUIRED',
  },
]);

examining(EXIM, startExim, [
  ...SAME_EVERYWHERE,
  CLEAR_TEXT,
  {
    how: 'no sign-in, which it wants',
    at: 'implicit',
    env: { ...IMPLICIT, ...NO_SIGN_IN },
    code: 'RELAY_DENIED',
  },
]);

describeWithPeer(POSTFIX, () => {
  it('CERT_SELF_SIGNED: a certificate that vouches for itself', async () => {
    await using lab = new Laboratory();
    await using sink = await startSmtpServer();
    const own = selfSigned(['localhost']);
    await using peer = await startPostfix({
      relayTo: sink.port,
      settings: [
        'smtpd_tls_cert_file = $config_directory/own.pem',
        'smtpd_tls_key_file = $config_directory/own.key',
      ],
      files: { 'own.pem': own.cert, 'own.key': own.key },
    });
    const env = lab.settings(peer.starttls.port, STARTTLS);
    expect((await examinedPatiently(env)).findings[0]?.code).toBe('CERT_SELF_SIGNED');
    const trusting = { ...env, SMTP_TLS_CA_FILE: lab.file('own.pem', own.cert) };
    expect((await examinedPatiently(trusting)).findings).toEqual([]);
    expect((await sent(trusting)).outcome).toBe('accepted');
  });
});
