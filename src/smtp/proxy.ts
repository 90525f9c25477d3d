import type { Socket } from 'node:net';
import type { resolveHost } from '#egress';
import type { SmtpProxy, SmtpSettings } from '#mailer-config';
import { Ended } from './deadline.js';
import { connectToFirst } from './happy-eyeballs.js';
import { openHttpTunnel } from './http-connect.js';
import { presentable } from './masking.js';
import { ProxyFailure, type ProxyFault } from './proxy.errors.js';
import type { Cause } from './smtp.errors.js';
import { openSocks4Tunnel, openSocks5Tunnel } from './socks.js';
import type { Fault } from './verdict.js';

/**
 * Connects to the account's proxy and has it open the way to the server.
 *
 * @param host the server's name, or the address that was judged to be good
 * @param ended closes the socket, also after it was returned
 * @returns a paused socket; what the server says first is still to be read from it
 * @throws what {@link proxyCause} explains
 */
export async function openTunnel(
  { port, reach, localAddress }: SmtpSettings,
  proxy: SmtpProxy,
  host: string,
  ended: AbortSignal,
  resolve: typeof resolveHost,
): Promise<Socket> {
  const way = { port: proxy.port, localAddress };
  const socket = await connectToFirst(await resolve(proxy.host, reach), way, ended);
  const failed = Promise.withResolvers<never>();
  const onError = (error: NodeJS.ErrnoException): void => failed.reject(error);
  const onClose = (): void => failed.reject(new ProxyFailure('closed'));
  socket.on('error', onError).once('close', onClose);
  try {
    await Promise.race([negotiate(socket, proxy, { host, port }), failed.promise]);
    return socket;
  } finally {
    socket.off('error', onError).off('close', onClose);
  }
}

async function negotiate(
  socket: Socket,
  proxy: SmtpProxy,
  target: Pick<SmtpSettings, 'host' | 'port'>,
): Promise<void> {
  switch (proxy.protocol) {
    case 'http':
      return await openHttpTunnel(socket, target, proxy);
    case 'socks4':
    case 'socks4a':
      return await openSocks4Tunnel(socket, target, proxy);
    case 'socks5':
      return await openSocks5Tunnel(socket, target, proxy);
    default:
      return proxy.protocol satisfies never;
  }
}

/** Why there is no way through the proxy; the sentence names SMTP_PROXY and what it said. */
export function proxyCause(error: unknown, account: SmtpSettings, proxy: SmtpProxy): Cause {
  const at = `The proxy ${proxy.host}:${proxy.port} (SMTP_PROXY)`;
  const server = `${account.host}:${account.port}`;
  if (error instanceof Ended)
    return error.why.kind === 'deadline'
      ? policy(
          'proxy-unreachable',
          `${at} did not open the way to ${server} within ${error.why.ms / 1000} s. Check that the proxy runs, that SMTP_PROXY has its scheme and port, and that it reaches the server.`,
        )
      : error.why;
  if (error instanceof ProxyFailure) {
    const said = error.said && ` (${presentable(error.said, proxy, 300)})`;
    return policy(
      `proxy-${error.fault}`,
      PROXY_SENTENCES[error.fault]({ at, server, said, scheme: proxy.protocol }),
    );
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return policy(
    'proxy-unreachable',
    UNREACHABLE[code]?.(at) ?? `${at} can't be reached (${code}). ${CHECK_PROXY}`,
  );
}

const policy = (fault: Fault, sentence: string): Cause => ({ kind: 'policy', sentence, fault });

const CHECK_PROXY = 'Check SMTP_PROXY, and that the proxy runs.';

const UNREACHABLE: Readonly<Record<string, (at: string) => string>> = {
  ENOTFOUND: (at) => `${at} has a name that is not known. Check it for a typing error.`,
  ECONNREFUSED: (at) => `${at} refuses connections: nothing listens there. ${CHECK_PROXY}`,
  ECONNRESET: (at) => `${at} cut the connection. ${CHECK_PROXY}`,
  EADDRNOTAVAIL: () => 'SMTP_LOCAL_ADDRESS is no address of this machine. Correct it or remove it.',
  EAFNOSUPPORT: (at) =>
    `${at} has no address of the family (IPv4 or IPv6) of SMTP_LOCAL_ADDRESS. Change that, or remove it.`,
};

interface Refused {
  readonly at: string;
  readonly server: string;
  /** What the proxy said, in parentheses; or nothing. */
  readonly said: string;
  readonly scheme: string;
}

const PROXY_SENTENCES: Readonly<Record<ProxyFault, (refused: Refused) => string>> = {
  closed: ({ at, server }) =>
    `${at} closed the connection before it opened the way to ${server}. Check the scheme and port in SMTP_PROXY, and what the proxy allows.`,
  malformed: ({ at, said, scheme }) =>
    `${at} answered with something that is not ${scheme.toUpperCase()}${said}. Check the scheme and port in SMTP_PROXY.`,
  'sign-in-wanted': ({ at, said }) =>
    `${at} wants a sign-in${said}. Write user and password into SMTP_PROXY.`,
  'sign-in-refused': ({ at, said }) =>
    `${at} refused the sign-in${said}. Check user and password in SMTP_PROXY.`,
  forbidden: ({ at, server, said }) =>
    `${at} does not let us connect to ${server}${said}. Allow the port in the proxy, or remove SMTP_PROXY to go without.`,
  'target-unreachable': ({ at, server, said }) =>
    `${at} could not connect to ${server}${said}. Check SMTP_HOST and SMTP_PORT, and whether the proxy may reach them.`,
  'name-unknown': ({ server, said }) =>
    `There is no IPv4 address for ${server}${said}, and with socks4:// this machine looks the name up. Write socks4a:// or socks5:// into SMTP_PROXY to have the proxy do it, or check SMTP_HOST.`,
  failed: ({ at, server, said }) =>
    `${at} did not open the way to ${server}${said}. Look into the proxy's log; it is tried again.`,
};
