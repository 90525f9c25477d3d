import { byHand, causesOf, correct } from '../cause.js';

const connect = ['https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6'];

/** What stands between this machine and the server, or the token endpoint, by our own settings. */
export const proxyCauses = causesOf('network', {
  PROXY_FORBIDS: {
    settings: ['SMTP_PROXY'],
    title: ({ port }) => `The proxy does not let connections to port ${port} through`,
    explanation:
      'The proxy of SMTP_PROXY answered that it makes no connection to this port: by default many allow only 443. Allow the mail port in the configuration of the proxy (Squid: SSL_ports and Safe_ports), or remove SMTP_PROXY where the server can be reached directly.',
    help: ({ port }) =>
      byHand(
        'allow the port in the proxy',
        `Allow CONNECT to port ${port} in the proxy (Squid: acl SSL_ports port ${port}).`,
        'Or remove SMTP_PROXY, if this machine reaches the server directly.',
      ),
    docs: connect,
  },
  PROXY_AUTH: {
    settings: ['SMTP_PROXY'],
    title: 'The proxy wants to know who asks, and refuses what SMTP_PROXY says',
    explanation:
      'The proxy asks for a user name and a password (HTTP status 407, or its counterpart in SOCKS). They stand in the URL of SMTP_PROXY, percent-encoded. Write SMTP_PROXY=http://user:password@proxy:3128 with the ones your proxy knows.',
    help: correct(
      'sign in to the proxy',
      'Write SMTP_PROXY=http://user:password@proxy:3128 (or socks5://…), percent-encoded.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc1929', ...connect],
  },
  PROXY_UNREACHABLE: {
    settings: ['SMTP_PROXY'],
    title: 'The proxy of SMTP_PROXY cannot be reached',
    explanation:
      'What fails is the connection to the proxy; the mail server was never asked. Check host and port in SMTP_PROXY and that the proxy runs, or remove SMTP_PROXY to connect directly.',
    help: byHand(
      'correct the proxy, or do without',
      'Check host and port in SMTP_PROXY, and that the proxy runs.',
      'Remove SMTP_PROXY if this machine reaches the mail server directly.',
    ),
    docs: connect,
  },
  OAUTH_ENDPOINT_UNREACHABLE: {
    settings: ['SMTP_OAUTH2_TOKEN_URL'],
    retryable: true,
    title: 'The token endpoint of SMTP_OAUTH2_TOKEN_URL cannot be reached from here',
    explanation:
      'An access token comes over HTTPS from another host than the mail server, and no connection to it comes to be. That says nothing about the credentials. Allow outgoing HTTPS to the host of SMTP_OAUTH2_TOKEN_URL, and check that the host is spelled right.',
    help: byHand(
      'let HTTPS to the token endpoint through',
      'Check the host in SMTP_OAUTH2_TOKEN_URL.',
      'Allow outgoing TCP port 443 to it from this machine.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6749#section-3.2'],
  },
});
