import type { RequestHandler } from 'express';
import type { EndingConnections } from './ending-connections.js';
import { Problem } from './problem.errors.js';

/** RFC 9110, 9.2.1: these change nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What probes and scrapers ask until the end. */
const PROBES = /^\/(health|metrics)(\/|$)/i;

/** Seconds. Somebody has to free space first. */
const UNTIL_THERE_IS_ROOM = 60;
/** Seconds. Another process answers, or this one is back by then. */
const UNTIL_ANOTHER_ANSWERS = 5;

export function noRoom(): Problem {
  return new Problem(
    'insufficient-storage',
    'Nothing was changed. The disk of the database is full: the operator has to free space.',
    { retryAfter: UNTIL_THERE_IS_ROOM },
  );
}

/**
 * Refuses what can't be carried out to its end: everything while the server ends, and what would
 * change something while there is no room for it.
 */
export function availability(
  connections: EndingConnections,
  hasRoom: () => boolean,
): RequestHandler {
  return (request, response, next) => {
    if (connections.areEnding && !PROBES.test(request.path)) {
      response.setHeader('Connection', 'close');
      return next(
        new Problem('shutting-down', 'Nothing was changed. Try again in a few seconds.', {
          retryAfter: UNTIL_ANOTHER_ANSWERS,
        }),
      );
    }
    if (!SAFE_METHODS.has(request.method) && !hasRoom()) return next(noRoom());
    return next();
  };
}
