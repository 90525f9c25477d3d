import { testAuthority } from '../smtp-server.js';
import { startDovecotAuth } from './dovecot.js';
import {
  DEFAULT_USERS,
  type PeerOptions,
  type PortNumbers,
  relayEndpoints,
  relayGreeting,
  relayPorts,
  type RelayPorts,
} from './endpoint.js';
import { PeerDirectory, PeerProcess } from './peer-process.js';

export interface PostfixOptions extends PeerOptions {
  /** SASL mechanisms, which Dovecot checks; PLAIN and LOGIN unless given. */
  readonly mechanisms?: readonly string[];
  /** PEM of the authority whose client certificates the ports `certificate*` want. */
  readonly clientCa?: string;
  /** Files such as sender login maps: `texthash:$config_directory/NAME` in a setting. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Postfix: takes mails, queues them and hands them on. */
export interface Postfix extends RelayPorts, AsyncDisposable {
  readonly log: string;
  close(): Promise<void>;
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { users = DEFAULT_USERS, mechanisms = ['plain', 'login'] } = options;
  const ports = await relayPorts();
  const auth = await startDovecotAuth({ users, mechanisms });
  const directory = new PeerDirectory('postfix');
  for (const [file, contents] of Object.entries(options.files ?? {}))
    directory.write(file, contents);
  directory.write('main.cf', mainCf(directory, auth.port, options));
  directory.write('master.cf', masterCf(ports));
  const command = ['/bin/sh', directory.write('start', START), directory.path];
  const peer = await PeerProcess.start(directory, command, relayGreeting(ports)).catch(
    async (error: unknown) => {
      await auth.close();
      throw error;
    },
  );
  const close = async (): Promise<void> => {
    await Promise.all([peer.stop(), auth.close()]);
  };
  return {
    ...relayEndpoints(ports, users),
    get log() {
      return auth.log + peer.log;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

// What `postfix start-fg` comes to, which starts some hundred processes first to look at each file, and
// leaves a shell between us and the master that hands no signal on.
const START = `set -e
own='active bounce corrupt defer deferred flush hold incoming private saved trace'
cd "$1/queue"
mkdir $own maildrop public pid "$1/data"
chown postfix $own "$1/data"
chmod 700 $own "$1/data"
chown postfix:postdrop maildrop public
chmod 730 maildrop
chmod 710 public
# a master that can not start says so nowhere that we could read
/usr/sbin/postsuper -c "$1"
exec /usr/lib/postfix/sbin/master -c "$1" -s
`;

function mainCf(directory: PeerDirectory, authPort: number, options: PostfixOptions): string {
  const { cert, key } = testAuthority().issue(['localhost', '127.0.0.1']);
  return `compatibility_level = 3.6
queue_directory = ${directory.directory('queue')}
data_directory = ${directory.path}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${directory.path}/postfix.log
maillog_file_prefixes = ${directory.path}

myhostname = postfix.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
# an smtpd that came before Dovecot's sign-in service answered is started again soon
service_throttle_time = 1s
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:${options.relayTo}
smtp_dns_support_level = disabled
smtp_tls_security_level = none
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0

smtpd_tls_cert_file = ${directory.write('tls/cert.pem', cert)}
smtpd_tls_key_file = ${directory.write('tls/key.pem', key)}
${options.clientCa ? `smtpd_tls_CAfile = ${directory.write('tls/client-ca.pem', options.clientCa)}` : ''}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${authPort}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
${(options.settings ?? []).join('\n')}
`;
}

const CERTIFICATE = ['tls_req_ccert=yes', 'relay_restrictions=permit_tls_all_clientcerts,reject'];

function masterCf(ports: PortNumbers): string {
  const options = {
    open: ['tls_security_level=may', 'relay_restrictions=permit_mynetworks,reject'],
    openImplicit: ['tls_wrappermode=yes', 'relay_restrictions=permit_mynetworks,reject'],
    starttls: ['tls_security_level=encrypt', 'sasl_auth_enable=yes'],
    implicit: ['tls_wrappermode=yes', 'sasl_auth_enable=yes'],
    certificate: ['tls_security_level=encrypt', ...CERTIFICATE],
    certificateImplicit: ['tls_wrappermode=yes', 'tls_security_level=encrypt', ...CERTIFICATE],
  };
  const smtpd = Object.entries(options).map(([name, settings]) => {
    const port = ports[name as keyof typeof options];
    return `127.0.0.1:${port} inet n - n - - smtpd ${settings.map((each) => `-o smtpd_${each}`).join(' ')}`;
  });
  return `${smtpd.join('\n')}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
`;
}
