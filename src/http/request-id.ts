import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/**
 * Gives each request an id of our own, which the log and the answer carry. One that the client
 * sends is not taken over: it would let a stranger write into the log.
 */
export const requestId: RequestHandler = (request, response, next) => {
  const id = randomUUID();
  Object.assign(request, { id });
  response.setHeader('X-Request-Id', id);
  next();
};

export function requestIdOf(request: IncomingMessage): string {
  return String((request as IncomingMessage & { id?: unknown }).id ?? 'none');
}
