import { BlockList, isIPv6 } from 'node:net';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#http';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Takes IPv4 also as IPv6 writes it: `::ffff:127.0.0.1`. */
export const isLoopbackAddress = (address: string): boolean =>
  loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** `localhost`, `127.0.0.1` or `[::1]`, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host);
}

/**
 * Lets only this machine's own people at the inbox: it holds codes and links. The connection has
 * to come from the loopback interface, not through a proxy for somebody else, and under a name of
 * this machine: a page elsewhere whose name was made to point here (DNS rebinding) has another.
 */
@Injectable()
export class LoopbackGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<Request>();
    const forwarded = [request.headers['x-forwarded-for'] ?? [], request.headers['x-real-ip'] ?? []]
      .flat()
      .flatMap((value) => value.split(','))
      .map((value) => value.trim());
    const hosts = [request.headers.host ?? '', request.headers['x-forwarded-host'] ?? []].flat();
    if (
      isLoopbackAddress(request.socket.remoteAddress ?? '') &&
      forwarded.every(isLoopbackAddress) &&
      !request.headers.forwarded &&
      hosts.every(isLoopbackHost)
    )
      return true;
    throw new Problem(
      'not-found',
      'The inbox is only there for this machine itself: open it at http://localhost, without a proxy in between.',
    );
  }
}
