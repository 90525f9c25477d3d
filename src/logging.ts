import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import { Logger as NestPinoLogger, PinoLogger, type Params } from 'nestjs-pino';
import { type DestinationStream, pino } from 'pino';
import { pretty } from './pretty-log.js';
import type { Settings } from '#settings';

/** Requests that are asked again and again and say nothing when they succeed. */
const QUIET = /^\/(health|metrics|assets|dev\/inbox)/;

/** The address without its query, for a link in a mail carries its secret there. */
function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0] ?? '';
}

/**
 * How everything is logged: one JSON object a line, or readable lines on a terminal. Of a request
 * only method, path, status and time are written: never a body, a query, a header.
 */
export function loggingParams(settings: Pick<Settings, 'logLevel'>): Params {
  const options = { level: settings.logLevel, base: undefined };
  const logger = pino(options, process.stdout.isTTY ? pretty() : standardOutput());
  return {
    pinoHttp: {
      logger,
      genReqId: (request: IncomingMessage) => request.id,
      quietReqLogger: true,
      customAttributeKeys: { reqId: 'requestId' },
      serializers: {
        req: ({ method, url }: { method: string; url: string }) => ({ method, path: pathOf(url) }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
      customLogLevel: (request: IncomingMessage, response: ServerResponse, error?: Error) => {
        if (error || response.statusCode >= 500) return 'error';
        return response.statusCode < 400 && QUIET.test(pathOf(request.url)) ? 'debug' : 'info';
      },
    },
  };
}

/** Octets that are kept for a full disk to have room again; beyond them the newest lines are lost. */
const MOST_UNWRITTEN = 1024 * 1024;

/** Standard output. Where it can't be written, as on a full disk, lines are lost and nothing else. */
function standardOutput(): DestinationStream {
  const destination = pino.destination({ dest: 1, sync: true, maxLength: MOST_UNWRITTEN });
  // Without a listener of ours pino tries again and again in the middle of the line, for ever.
  destination.on('error', () => undefined);
  return destination;
}

/** What Nest says of its own start, module by module and route by route. */
const NEST_INTERNALS = new Set([
  'NestApplication',
  'InstanceLoader',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

class GatepostLogger extends NestPinoLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (NEST_INTERNALS.has(String(rest.at(-1)))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/** The logger before and outside of the application; the same lines in the same place. */
export function nestLogger(params: Params): LoggerService {
  return new GatepostLogger(new PinoLogger(params), params);
}
