import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Settings } from '#settings';
import { availability } from './availability.js';
import { clientLimit } from './client-limit.js';
import { EndingConnections } from './ending-connections.js';
import { bodyProblems, requestBody } from './request-body.js';
import { requestId } from './request-id.js';
import { docsPolicy, responseHeaders } from './response-headers.js';
import { SessionCheck } from './session-check.js';

// A client that sends one byte now and then holds a connection no longer than this (Slowloris).
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the 60 s after which common proxies drop an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/**
 * What stands before the routes, in this order: id, headers, availability, limit, body. Call it
 * before `app.init()`, on an application made with `bodyParser: false`; `EdgeModule` does the rest.
 *
 * @param hasRoom whether there is space to store what a request brings
 */
export function configureEdge(
  app: NestExpressApplication,
  settings: Pick<Settings, 'adminWebUrl' | 'rateLimit' | 'trustProxy'>,
  hasRoom: () => boolean = () => true,
): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('trust proxy', settings.trustProxy ?? false);
  // Values of a query are texts or lists of texts, never objects made from brackets.
  app.set('query parser', 'simple');
  app.use(requestId, ...responseHeaders({ https: settings.adminWebUrl.startsWith('https:') }));
  app.use('/docs', docsPolicy);
  app.use(availability(app.get(EndingConnections, { strict: false }), hasRoom));
  if (settings.rateLimit !== 'off')
    app.use(clientLimit(settings.rateLimit, app.get(SessionCheck, { strict: false })));
  app.use(requestBody, bodyProblems);

  const server: Server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
}
