import { InboxServer, InboxStore } from '#inbox';
import type { SmtpSettings } from '#mailer-config';
import type { Settings } from '#settings';

/** The built-in inbox while it runs, and the account by which mail gets there. */
export interface BuiltInInbox {
  server: InboxServer;
  store: InboxStore;
  account: SmtpSettings;
}

/** Without a server, and where people develop, the built-in inbox takes every mail. */
export function usesBuiltInInbox(settings: Settings, smtp: SmtpSettings | undefined): boolean {
  return !smtp && !settings.skipUserVerification && settings.nodeEnv !== 'production';
}

/** A real SMTP server on loopback, so that mail goes the same way as in production. */
export async function startBuiltInInbox(settings: Settings): Promise<BuiltInInbox> {
  const store = new InboxStore();
  const server = new InboxServer(store);
  const { host, port } = await server.start();
  return { server, store, account: accountOf(host, port, settings) };
}

function accountOf(host: string, port: number, settings: Settings): SmtpSettings {
  const { hostname } = new URL(settings.adminWebUrl);
  return {
    id: 'environment',
    name: 'inbox',
    source: 'environment',
    reach: 'any',
    host,
    port,
    security: 'clear',
    requireTls: false,
    tls: {
      minVersion: 'TLSv1.2',
      ciphers: undefined,
      ca: undefined,
      cert: undefined,
      key: undefined,
      servername: undefined,
      insecure: false,
    },
    auth: {
      method: 'none',
      username: undefined,
      password: undefined,
      ntlmDomain: undefined,
      ntlmWorkstation: undefined,
      oauth2: undefined,
    },
    sender: { name: settings.appName, address: 'no-reply@gatepost.example' },
    replyTo: undefined,
    returnPath: undefined,
    bcc: undefined,
    readReceiptTo: undefined,
    footer: undefined,
    ehloName: hostname,
    localAddress: undefined,
    proxy: undefined,
    dkim: undefined,
    maxConnections: 5,
    pipelining: 'chunking',
    maxInFlight: 16,
    maxPerMinute: undefined,
    maxPerDay: undefined,
    timeouts: { connect: 10_000, greeting: 10_000, command: 30_000, data: 120_000 },
  };
}
