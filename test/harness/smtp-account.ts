import type { SmtpSettings } from '#mailer-config';
import type { SmtpServer } from './smtp-server.js';

type Overrides = Partial<Omit<SmtpSettings, 'tls' | 'auth' | 'timeouts'>> & {
  readonly tls?: Partial<SmtpSettings['tls']>;
  readonly auth?: Partial<SmtpSettings['auth']>;
  readonly timeouts?: Partial<SmtpSettings['timeouts']>;
};

/** The settings that fit a test server: its port, its encryption, its authority, its user. */
export function accountFor(
  server: Pick<SmtpServer, 'port' | 'options' | 'ca'>,
  { tls, auth, timeouts, ...rest }: Overrides = {},
): SmtpSettings {
  const mode = server.options.tls ?? 'none';
  const { user, pass } = server.options.auth ?? {};
  return {
    id: 'environment',
    name: 'test',
    source: 'environment',
    reach: 'any',
    host: 'localhost',
    port: server.port,
    security: mode === 'none' ? 'clear' : mode === 'implicit' ? 'implicit-tls' : 'starttls',
    requireTls: mode !== 'none',
    tls: {
      minVersion: 'TLSv1.2',
      ciphers: undefined,
      ca: mode === 'none' ? undefined : server.ca,
      cert: undefined,
      key: undefined,
      servername: undefined,
      insecure: false,
      ...tls,
    },
    auth: {
      method: 'auto',
      username: user,
      password: pass,
      ntlmDomain: undefined,
      ntlmWorkstation: undefined,
      oauth2: undefined,
      ...auth,
    },
    sender: { name: 'Gatepost', address: 'noreply@example.com' },
    replyTo: undefined,
    returnPath: undefined,
    bcc: undefined,
    readReceiptTo: undefined,
    footer: undefined,
    ehloName: 'app.example.com',
    localAddress: undefined,
    proxy: undefined,
    dkim: undefined,
    maxConnections: 5,
    pipelining: 'chunking',
    maxInFlight: 16,
    maxPerMinute: undefined,
    maxPerDay: undefined,
    timeouts: { connect: 1_000, greeting: 1_000, command: 1_000, data: 1_000, ...timeouts },
    ...rest,
  };
}

/** For an account that signs in with access tokens; who gets them is another matter. */
export const bearerSettings: NonNullable<SmtpSettings['auth']['oauth2']> = {
  grant: 'client_credentials',
  tokenUrl: 'https://login.example.com/token',
  authorizationUrl: undefined,
  clientId: 'gatepost',
  clientSecret: 'canary-client-secret',
  scope: 'https://outlook.office365.com/.default',
  refreshToken: undefined,
  serviceAccount: undefined,
};
