import { chmodSync } from 'node:fs';
import { freePort } from '../../../src/free-port.js';
import type { OAuth2Provider } from '../oauth2-provider.js';
import { testAuthority } from '../smtp-server.js';
import { tokenPassdb } from './dovecot-tokens.js';
import { DEFAULT_USERS, type Endpoint, endpoint, type PeerOptions } from './endpoint.js';
import { DOVECOT_BINARY, NTLM_AUTH } from './installed.js';
import { PeerDirectory, PeerProcess } from './peer-process.js';

export interface DovecotOptions extends PeerOptions {
  /** SASL mechanisms; those with a password unless given. */
  readonly mechanisms?: readonly string[];
  /** PEM of the authority whose client certificates alone it lets sign in. */
  readonly clientCa?: string;
  /** Whose access tokens it takes as well, by XOAUTH2 and OAUTHBEARER. */
  readonly tokensOf?: OAuth2Provider;
}

/** Dovecot's submission service: signs people in and hands their mail on as it comes. */
export interface Dovecot extends AsyncDisposable {
  readonly starttls: Endpoint;
  readonly implicit: Endpoint;
  readonly log: string;
  close(): Promise<void>;
}

const PASSWORD_MECHANISMS = ['plain', 'login', 'cram-md5', 'ntlm'];

export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const { relayTo, users = DEFAULT_USERS, mechanisms = PASSWORD_MECHANISMS } = options;
  const certificate = testAuthority().issue(['localhost', '127.0.0.1']);
  const directory = new PeerDirectory('dovecot');
  const [starttls, implicit] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const byToken = options.tokensOf ? ['xoauth2', 'oauthbearer'] : [];
  const clientCa = options.clientCa && directory.write('client-ca.pem', options.clientCa);
  const configuration = directory.write(
    'dovecot.conf',
    `${accounts(directory, users, [...mechanisms, ...byToken])}
protocols = submission
mail_location = maildir:${directory.path}/mail
hostname = dovecot.test
ssl = required
ssl_cert = <${directory.write('tls/cert.pem', certificate.cert)}
ssl_key = <${directory.write('tls/key.pem', certificate.key)}
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayTo}
service submission-login {
  inet_listener submission {
    address = 127.0.0.1
    port = ${starttls}
  }
  inet_listener submissions {
    address = 127.0.0.1
    port = ${implicit}
    ssl = yes
  }
}
${options.tokensOf ? tokenPassdb(directory, options.tokensOf) : ''}
${
  clientCa
    ? `ssl_ca = <${clientCa}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_require_client_cert = yes`
    : ''
}
${(options.settings ?? []).join('\n')}
`,
  );
  const peer = await PeerProcess.start(directory, [DOVECOT_BINARY, '-F', '-c', configuration], {
    clear: [starttls],
    tls: [implicit],
  });
  const close = async (): Promise<void> => await peer.stop();
  return {
    starttls: endpoint(starttls, 'starttls', users),
    implicit: endpoint(implicit, 'implicit', users),
    get log() {
      return peer.log;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Dovecot's sign-in alone, which Postfix asks over a socket (smtpd_sasl_type = dovecot). */
export async function startDovecotAuth(options: {
  readonly users: Readonly<Record<string, string>>;
  readonly mechanisms: readonly string[];
}): Promise<{ port: number; log: string; close(): Promise<void> }> {
  const directory = new PeerDirectory('dovecot-auth');
  const port = await freePort('127.0.0.1');
  const configuration = directory.write(
    'dovecot.conf',
    `${accounts(directory, options.users, options.mechanisms)}
protocols =
ssl = no
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${port}
  }
}
`,
  );
  const peer = await PeerProcess.start(directory, [DOVECOT_BINARY, '-F', '-c', configuration], {
    clear: [port],
  });
  return {
    port,
    get log() {
      return peer.log;
    },
    close: async () => await peer.stop(),
  };
}

// Passwords in plain text, so that CRAM-MD5 can be answered from them.
function accounts(
  directory: PeerDirectory,
  users: Readonly<Record<string, string>>,
  mechanisms: readonly string[],
): string {
  const lines = Object.entries(users).map(
    ([user, password]) => `${user}:{PLAIN.b64}${Buffer.from(password).toString('base64')}`,
  );
  return `base_dir = ${directory.directory('run')}
state_dir = ${directory.directory('state')}
log_path = ${directory.path}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
service anvil {
  # or each refused sign-in makes the next one wait longer
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
auth_mechanisms = ${mechanisms.join(' ')}
${mechanisms.includes('ntlm') ? `auth_use_winbind = yes\nauth_winbind_helper_path = ${ntlmHelper(directory, users)}` : ''}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5
  args = ${directory.write('users', `${lines.join('\n')}\n`)}
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${directory.directory('home')}
}`;
}

// Dovecot leaves NTLM to Samba. Given a password it answers for that one, and needs no domain.
function ntlmHelper(directory: PeerDirectory, users: Readonly<Record<string, string>>): string {
  const [user = '', password = ''] = Object.entries(users)[0] ?? [];
  const path = directory.write(
    'ntlm-helper',
    `#!/bin/sh\nexec ${NTLM_AUTH} "$@" --username=${quoted(user)} --password=${quoted(password)}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
