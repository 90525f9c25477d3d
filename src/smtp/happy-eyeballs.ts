import { connect, isIP, type Socket } from 'node:net';
import type { ResolvedAddress } from '#egress';
import type { SmtpSettings } from '#mailer-config';

/** RFC 8305 section 8: what one address has for itself before the next is tried beside it. */
const HEAD_START_MS = 250;

/**
 * Connects to the address that answers first (RFC 8305 section 5). Node's `autoSelectFamily` is
 * not that: it hangs up on each address but the last after a quarter of a second, which is too
 * short for a slow network. Here the slow one goes on beside the next.
 *
 * @param ended closes everything, the socket that was returned too
 * @throws an error with Node's `code` where no address answers
 */
export async function connectToFirst(
  addresses: readonly ResolvedAddress[],
  { port, localAddress }: Pick<SmtpSettings, 'port' | 'localAddress'>,
  ended: AbortSignal,
): Promise<Socket> {
  ended.throwIfAborted();
  const waiting = inTurn(sameFamily(addresses, localAddress));
  const open = new Set<Socket>();
  const errors: NodeJS.ErrnoException[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let headStart: NodeJS.Timeout | undefined;

  const tryNext = (): void => {
    clearTimeout(headStart);
    const next = waiting.shift();
    if (!next && open.size === 0) reject(mostTelling(errors));
    if (!next) return;
    const socket = connect({ host: next.address, port, localAddress, noDelay: true });
    open.add(socket);
    socket.once('connect', () => settle(socket));
    // also after it was given away: whoever has it listens for itself
    socket.on('error', (error) => {
      if (!open.delete(socket)) return;
      errors.push(error);
      tryNext();
    });
    headStart = setTimeout(tryNext, HEAD_START_MS);
  };
  const settle = (winner?: Socket): void => {
    clearTimeout(headStart);
    for (const socket of open) if (socket !== winner) socket.destroy();
    open.clear();
    if (winner) resolve(winner);
  };
  ended.addEventListener('abort', () => {
    settle();
    reject(ended.reason);
    void promise.then(
      (socket) => socket.destroy(),
      () => {},
    );
  });
  tryNext();
  return await promise;
}

/** From an address of ours only one of the same family can be reached. */
function sameFamily(
  addresses: readonly ResolvedAddress[],
  localAddress: string | undefined,
): readonly ResolvedAddress[] {
  if (!localAddress) return addresses;
  const reachable = addresses.filter(({ family }) => family === isIP(localAddress));
  if (reachable.length > 0) return reachable;
  throw Object.assign(new Error('no address of that family'), { code: 'EAFNOSUPPORT' });
}

/** IPv6 and IPv4 take turns, beginning with what the system prefers (RFC 8305 section 4). */
function inTurn(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return preferred
    .flatMap((address, at) => [address, ...others.slice(at, at + 1)])
    .concat(others.slice(preferred.length));
}

// A machine without IPv6 says ENETUNREACH of every IPv6 address; the refusal is the news.
const mostTelling = (errors: readonly NodeJS.ErrnoException[]): Error =>
  errors.find(({ code }) => code === 'ECONNREFUSED') ??
  errors.at(-1) ??
  Object.assign(new Error('no address'), { code: 'ENODATA' });
