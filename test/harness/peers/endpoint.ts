import { freePort } from '../../../src/free-port.js';
import { accountFor } from '../smtp-account.js';
import { type SmtpServer, testAuthority } from '../smtp-server.js';
import type { Greeting } from './peer-process.js';

/** One port of a server, as `accountFor` wants it: a user who may sign in, and who vouches. */
export type Endpoint = Pick<SmtpServer, 'port' | 'ca' | 'options'>;

/** Who may sign in, unless a test says otherwise. */
export const USER = { user: 'robot@example.com', pass: 'canary 4711: "50 %=\\' } as const;

/** What every one of the servers is started with. */
export interface PeerOptions {
  /** Where it hands on what it takes: a port of 127.0.0.1 that speaks SMTP. */
  readonly relayTo: number;
  /** User names and their passwords; {@link USER} unless given. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines for its configuration, in its own language; later lines win. */
  readonly settings?: readonly string[];
}

/** The ports of a server that queues mail, by what it wants to know of the client. */
export interface RelayPorts {
  /** Nobody signs in; STARTTLS is offered and not required. */
  readonly open: Endpoint;
  readonly openImplicit: Endpoint;
  readonly starttls: Endpoint;
  readonly implicit: Endpoint;
  /** Whoever shows a certificate of the client authority may send. */
  readonly certificate: Endpoint;
  readonly certificateImplicit: Endpoint;
}

export const RELAY_PORTS = {
  open: 'starttls',
  openImplicit: 'implicit',
  starttls: 'starttls',
  implicit: 'implicit',
  certificate: 'starttls',
  certificateImplicit: 'implicit',
} as const;

export type PortNumbers = Readonly<Record<keyof RelayPorts, number>>;

/** Free ones. */
export async function relayPorts(): Promise<PortNumbers> {
  const names = Object.keys(RELAY_PORTS) as (keyof RelayPorts)[];
  const entries = names.map(async (name) => [name, await freePort('127.0.0.1')] as const);
  return Object.fromEntries(await Promise.all(entries)) as PortNumbers;
}

/** Where the server speaks first; at `certificateImplicit` it may want a certificate before. */
export function relayGreeting(ports: PortNumbers): Greeting {
  return {
    clear: [ports.open, ports.starttls, ports.certificate],
    tls: [ports.openImplicit, ports.implicit],
  };
}

export function relayEndpoints(
  ports: PortNumbers,
  users: Readonly<Record<string, string>>,
): RelayPorts {
  const at = (name: keyof RelayPorts, known = {}): Endpoint =>
    endpoint(ports[name], RELAY_PORTS[name], known);
  return {
    open: at('open'),
    openImplicit: at('openImplicit'),
    starttls: at('starttls', users),
    implicit: at('implicit', users),
    certificate: at('certificate'),
    certificateImplicit: at('certificateImplicit'),
  };
}

export const DEFAULT_USERS = { [USER.user]: USER.pass };

export function endpoint(
  port: number,
  tls: 'starttls' | 'implicit',
  users: Readonly<Record<string, string>>,
): Endpoint {
  const [first] = Object.entries(users);
  return {
    port,
    ca: testAuthority().cert,
    options: { tls, ...(first && { auth: { user: first[0], pass: first[1] } }) },
  };
}

// Real servers fork, check passwords and shake hands; on a busy machine that takes a while.
const PATIENT = { connect: 10_000, greeting: 10_000, command: 10_000, data: 10_000 };

/** `accountFor` with the patience that real servers want. */
export function accountAt(
  place: Endpoint,
  overrides: Parameters<typeof accountFor>[1] = {},
): ReturnType<typeof accountFor> {
  return accountFor(place, { timeouts: PATIENT, ...overrides });
}
