import { anyText, boolean, port, setting } from '#settings';
import { cipherSpec } from './cipher-spec.js';
import { providerPresets } from './provider-presets.js';
import { smtpHost } from './smtp-host.js';
import { smtpProvider } from './smtp-provider.js';
import { smtpProxy } from './smtp-proxy.js';
import { smtpUrl } from './smtp-url.js';
import {
  authMethod,
  domainName,
  ehloName,
  localAddress,
  looksLikeKey,
  ntlmName,
  password,
} from './smtp-values.js';
import { certificates, privateKey } from './pem.js';
import { fileOf } from './text-form.js';

const server = { group: 'SMTP: server' };
const tls = { group: 'SMTP: TLS' };
const signIn = { group: 'SMTP: sign-in' };

/** Which server, how the connection is secured, and who signs in. */
export const connectionSettings = {
  SMTP_HOST: setting(
    {
      ...server,
      example: 'smtp.example.com',
      placeholder: true,
      readsEmpty: true,
      codes: { whitespace: 'HOST_WHITESPACE' },
      meaning:
        'the mail server. Absent outside production: the built-in inbox takes every mail; absent in production: refuses to start unless `SKIP_USER_VERIFICATION=true`',
    },
    smtpHost,
  ),
  SMTP_PORT: setting(
    {
      ...server,
      otherwise: '465 if `SMTP_TLS`, else 587',
      example: '587',
      meaning: 'its port, usually 587 or 465',
    },
    port(1, '587', '465'),
  ),
  SMTP_URL: setting(
    {
      ...server,
      secret: true,
      meaning:
        'instead of host, port, user, password and `SMTP_TLS`: `smtp://user:password@host:587`, `smtps://…:465`; user and password percent-decoded; a bare `smtp://host` is a relay without sign-in',
    },
    smtpUrl,
  ),
  SMTP_PROVIDER: setting(
    {
      ...server,
      meaning: `preset that fills host, port, TLS and limits; explicit settings win: ${providerPresets.map(({ name }) => `\`${name}\``).join(', ')}`,
    },
    smtpProvider,
  ),
  SMTP_EHLO_NAME: setting(
    {
      ...server,
      otherwise: 'host of `ADMIN_WEB_URL`',
      meaning: 'what we call ourselves in EHLO',
    },
    ehloName,
  ),
  SMTP_LOCAL_ADDRESS: setting(
    { ...server, otherwise: 'any', meaning: 'IP address of this machine to connect from' },
    localAddress,
  ),
  SMTP_PROXY: setting(
    {
      ...server,
      secret: true,
      meaning:
        'a proxy on the way to the server: `http://` (CONNECT, port 80 unless given), `socks4://`, `socks4a://` or `socks5://` (port 1080 unless given), with `user:password@` percent-encoded where it wants a sign-in. The proxy looks the host up, except with `socks4://`',
    },
    smtpProxy,
  ),
  SMTP_USERNAME: setting(
    {
      ...signIn,
      example: 'your-username',
      placeholder: true,
      holdsSecret: looksLikeKey,
      meaning:
        'together with `SMTP_PASSWORD`, or neither; with OAuth2 the mailbox, and no password',
    },
    anyText,
  ),
  SMTP_PASSWORD: setting(
    {
      ...signIn,
      example: 'changeme',
      placeholder: true,
      secret: true,
      verbatim: true,
      codes: { whitespace: 'PASSWORD_WHITESPACE', cut: 'PASSWORD_TRUNCATED' },
      meaning: 'password, app password or API key of the provider',
    },
    password,
  ),
  SMTP_AUTH_METHOD: setting(
    {
      ...signIn,
      default: 'auto',
      meaning:
        '`auto`, `none`, `plain`, `login`, `cram-md5`, `ntlm`, `xoauth2` or `oauthbearer` (the last two with OAuth2)',
    },
    authMethod,
  ),
  SMTP_NTLM_DOMAIN: setting(
    { ...signIn, otherwise: "the server's own", meaning: 'Windows domain of the user, for NTLM' },
    ntlmName,
  ),
  SMTP_NTLM_WORKSTATION: setting(
    { ...signIn, meaning: 'what this machine is called in NTLM' },
    ntlmName,
  ),
  SMTP_ALLOW_PLAINTEXT_AUTH: setting(
    {
      ...signIn,
      default: 'false',
      meaning:
        'lets the password or token cross the network unencrypted, to a host that is not loopback',
    },
    boolean,
  ),
  SMTP_TLS: setting(
    {
      ...tls,
      otherwise: 'by port: 465 → `true`, else `false`',
      example: 'false',
      meaning: 'TLS from the first byte (implicit TLS, RFC 8314)',
    },
    boolean,
  ),
  SMTP_OPPORTUNISTIC_TLS: setting(
    {
      ...tls,
      otherwise: '`true` when `SMTP_TLS=false`',
      example: 'true',
      meaning: 'use STARTTLS',
    },
    boolean,
  ),
  SMTP_REQUIRE_TLS: setting(
    {
      ...tls,
      otherwise: '`true` if there are credentials or the host is not loopback',
      example: 'true',
      meaning:
        'refuse to go on in clear text. `false` with credentials additionally needs `SMTP_ALLOW_PLAINTEXT_AUTH=true` unless the host is loopback',
    },
    boolean,
  ),
  SMTP_TLS_ANY_PORT: setting(
    {
      ...tls,
      default: 'false',
      meaning:
        'lifts the rules that 465, 2465 and 8465 speak TLS at once, and 25, 587 and 2587 do not',
    },
    boolean,
  ),
  SMTP_CIPHER_SPEC: setting(
    {
      ...tls,
      default: 'TLSv1.2',
      meaning: 'a protocol floor (`TLSv1.2`, `TLSv1.3`) or an OpenSSL cipher list',
    },
    cipherSpec,
  ),
  SMTP_TLS_CA_FILE: setting(
    { ...tls, meaning: 'PEM file with the certificate of a private CA' },
    fileOf(certificates),
  ),
  SMTP_TLS_SERVERNAME: setting(
    { ...tls, otherwise: '`SMTP_HOST`', meaning: 'the name the certificate must have' },
    domainName,
  ),
  SMTP_TLS_CERT_FILE: setting(
    { ...tls, meaning: 'PEM file with a client certificate, together with its key' },
    fileOf(certificates),
  ),
  SMTP_TLS_KEY_FILE: setting(
    { ...tls, meaning: 'PEM file with the key of the client certificate' },
    fileOf(privateKey),
  ),
  SMTP_TLS_INSECURE: setting(
    {
      ...tls,
      default: 'false',
      meaning: 'accept any certificate; a warning at each start and each new connection',
    },
    boolean,
  ),
};
