import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { SmtpProxy, SmtpSettings } from '#mailer-config';
import { ProxyFailure, type ProxyFault } from './proxy.errors.js';

/**
 * CONNECT (RFC 9110 section 9.3.6) by Node's own HTTP client, which parses strictly, takes at
 * most 16 KiB of headers and refuses line ends in what it sends.
 * @param socket connected to the proxy
 * @throws ProxyFailure
 */
export async function openHttpTunnel(
  socket: Socket,
  { host, port }: Pick<SmtpSettings, 'host' | 'port'>,
  { username, password }: Pick<SmtpProxy, 'username' | 'password'>,
): Promise<void> {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const token = username && Buffer.from(`${username}:${password}`).toString('base64');
  const connecting = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      // "close" would be said unless something else is: some proxies take it literally
      Connection: 'keep-alive',
      ...(token && { 'Proxy-Authorization': `Basic ${token}` }),
    },
    createConnection: () => socket,
  });
  connecting.end();
  const [answer, , first] = (await once(connecting, 'connect').catch(rethrow)) as Answer;
  // it is the server that speaks first, so its greeting may have come along
  socket.pause();
  if (first.length > 0) socket.unshift(first);
  const { statusCode = 0, statusMessage = '' } = answer;
  if (statusCode >= 200 && statusCode < 300) return;
  throw new ProxyFailure(
    faultOf(statusCode, username !== undefined),
    `${statusCode} ${statusMessage}`,
  );
}

type Answer = [IncomingMessage, Socket, Buffer];

function faultOf(status: number, signedIn: boolean): ProxyFault {
  if (status === 407) return signedIn ? 'sign-in-refused' : 'sign-in-wanted';
  if (status === 403 || status === 405) return 'forbidden';
  return status === 502 || status === 503 || status === 504 ? 'target-unreachable' : 'failed';
}

function rethrow(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): never {
  if (error.code?.startsWith('HPE_'))
    throw new ProxyFailure('malformed', error.rawPacket?.toString('latin1'));
  // "socket hang up": it closed without an answer
  throw error.code === 'ECONNRESET' ? new ProxyFailure('closed') : error;
}
