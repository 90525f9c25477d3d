import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from './problem.errors.js';
import type { SessionCheck } from './session-check.js';

const WINDOW_MS = 60_000;

/** What a page or a probe asks for by itself, and what is open to this machine only. */
const NOT_COUNTED = /^\/(health|metrics|assets|inbox|dev\/inbox|docs|openapi\.json)(\/|$)/i;

/**
 * The only paths on which a session lifts the limit. Everything else is counted with a session as
 * well, or one account of one's own would be enough to guess the passwords of all the others; a
 * stolen session must not be enough to guess its own.
 */
const WITH_SESSION = /^\/(users|admin)(\/(?!me\/password)|$)/i;

/**
 * Counts requests a client and minute, in the memory of this process: it is a fence against floods.
 * What guards codes and mailboxes is counted in the database and survives a restart.
 *
 * A client is an IPv4 address or an IPv6 /64, which is what one customer gets (RFC 6177), as
 * `request.ip` tells it; forwarding headers count only behind a proxy that TRUST_PROXY names.
 */
export function clientLimit(perMinute: number, sessions: SessionCheck): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    ipv6Subnet: 64,
    // No counters in the headers: answers about known and unknown addresses stay alike.
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    skip: async (request) =>
      NOT_COUNTED.test(request.path) ||
      (WITH_SESSION.test(request.path) && (await sessions.principalOf(request)) !== undefined),
    handler: (request, _response, next) => {
      const resetTime = 'rateLimit' in request ? resetTimeOf(request.rateLimit) : undefined;
      const wait = (resetTime?.getTime() ?? Date.now() + WINDOW_MS) - Date.now();
      const retryAfter = Math.max(1, Math.ceil(wait / 1000));
      next(
        new Problem('too-many-requests', `Wait ${retryAfter} seconds and try again.`, {
          retryAfter,
        }),
      );
    },
  });
}

function resetTimeOf(info: unknown): Date | undefined {
  const resetTime = (info as { resetTime?: unknown } | undefined)?.resetTime;
  return resetTime instanceof Date ? resetTime : undefined;
}
