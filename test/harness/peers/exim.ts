import { chmodSync } from 'node:fs';
import { testAuthority } from '../smtp-server.js';
import {
  DEFAULT_USERS,
  type PeerOptions,
  type PortNumbers,
  relayEndpoints,
  relayGreeting,
  relayPorts,
  type RelayPorts,
} from './endpoint.js';
import { EXIM_BINARY } from './installed.js';
import { PeerDirectory, PeerProcess } from './peer-process.js';

export interface EximOptions extends PeerOptions {
  /** PEM of the authority whose client certificates the ports `certificate*` want. */
  readonly clientCa?: string;
}

/** Exim: takes mails by PLAIN, LOGIN and CRAM-MD5, queues them and hands them on. */
export interface Exim extends RelayPorts, AsyncDisposable {
  readonly log: string;
  close(): Promise<void>;
}

export async function startExim(options: EximOptions): Promise<Exim> {
  const { users = DEFAULT_USERS } = options;
  const directory = new PeerDirectory('exim');
  const ports = await relayPorts();
  // its own user writes there
  chmodSync(directory.directory('spool'), 0o777);
  chmodSync(directory.path, 0o777);
  const configuration = directory.write('exim.conf', eximConf(directory, ports, users, options));
  const command = [EXIM_BINARY, '-bdf', '-C', configuration];
  const peer = await PeerProcess.start(directory, command, relayGreeting(ports));
  const close = async (): Promise<void> => await peer.stop();
  return {
    ...relayEndpoints(ports, users),
    get log() {
      return peer.log;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function eximConf(
  directory: PeerDirectory,
  ports: PortNumbers,
  users: Readonly<Record<string, string>>,
  { relayTo, clientCa, settings = [] }: EximOptions,
): string {
  const { cert, key } = testAuthority().issue(['localhost', '127.0.0.1']);
  const passwords = Object.entries(users).map(([user, password]) => `${user}: ${base64(password)}`);
  const file = directory.write('users', `${passwords.join('\n')}\n`);
  const passwordOf = (user: string): string =>
    `\${base64d:\${lookup{${user}}lsearch{${file}}{$value}fail}}`;
  return `primary_hostname = exim.test
exim_path = ${EXIM_BINARY}
spool_directory = ${directory.path}/spool
log_file_path = ${directory.path}/exim-%slog
pid_file_path = ${directory.path}/pid
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${Object.values(ports).join(' : ')}
tls_on_connect_ports = ${ports.openImplicit} : ${ports.implicit} : ${ports.certificateImplicit}
tls_certificate = ${directory.write('tls/cert.pem', cert)}
tls_privatekey = ${directory.write('tls/key.pem', key)}
tls_advertise_hosts = *
${
  clientCa
    ? `tls_verify_certificates = ${directory.write('tls/client-ca.pem', clientCa)}
tls_verify_hosts = \${if ${isOneOf(ports.certificate, ports.certificateImplicit)}{*}{}}`
    : ''
}
auth_advertise_hosts = \${if and{{!eq{$tls_in_cipher}{}} {${isOneOf(ports.starttls, ports.implicit)}}}{*}{}}
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = rcpt
${settings.join('\n')}

begin acl
rcpt:
  accept authenticated = *
  accept condition = \${if ${isOneOf(ports.open, ports.openImplicit)}}
  accept condition = \${if ${isOneOf(ports.certificate, ports.certificateImplicit)}}
         condition = \${if eq{$tls_in_certificate_verified}{1}}
  deny message = relay not permitted

begin routers
onward:
  driver = manualroute
  route_list = * 127.0.0.1::${relayTo}
  self = send
  transport = onward

begin transports
onward:
  driver = smtp
  allow_localhost
  hosts_avoid_tls = *
  hosts_avoid_pipelining = *

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{$auth3}{${passwordOf('$auth2')}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if eq{$auth2}{${passwordOf('$auth1')}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${passwordOf('$auth1')}
  server_set_id = $auth1
`;
}

const isOneOf = (one: number, other: number): string =>
  `or{{={$received_port}{${one}}}{={$received_port}{${other}}}}`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
