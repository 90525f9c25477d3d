import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express, Request, Response } from 'express';
import { allowedMethods } from './allowed-methods.js';
import { noRoom } from './availability.js';
import { isDatabaseOutage, isDiskFull, isToldElsewhere } from './database-outage.js';
import { Problem, type ProblemCode } from './problem.errors.js';
import { requestIdOf } from './request-id.js';

const SECONDS_UNTIL_DATABASE_RETRY = 5;

/** What Nest and Express throw themselves, in our words: theirs quote the request. */
const ofStatus: Readonly<Record<number, [ProblemCode, string]>> = {
  400: ['malformed-request', 'Check the address: after each % come two hexadecimal digits.'],
  401: ['unauthenticated', 'Send the access token of a session as "Authorization: Bearer …".'],
  403: ['forbidden', 'Ask an admin for the role that this call needs.'],
  404: ['not-found', 'There is nothing at this address. GET /docs lists every call.'],
  413: ['body-too-large', 'Send a smaller body.'],
  415: ['unsupported-media-type', 'Send JSON with "Content-Type: application/json".'],
  429: ['too-many-requests', 'Wait a minute and try again.'],
};

/**
 * Every error becomes `application/problem+json` (RFC 9457). What we did not foresee is logged with
 * the request's id and answered without a word of its text, which may hold SQL, paths or secrets.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const problem = this.#problemOf(error, request, response);
    const cause = error instanceof Problem ? error.cause : error;
    if (cause !== undefined && problem.status >= 500 && !isToldElsewhere(cause))
      this.#logger.error(
        {
          requestId: requestIdOf(request),
          // The trace alone: what drivers hang on an error, such as values of a row, stays out.
          trace: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
        },
        `${request.method} ${request.path} failed`,
      );
    if (response.headersSent) response.destroy();
    else send(response, problem);
  }

  #problemOf(error: unknown, request: Request, response: Response): Problem {
    if (error instanceof Problem) return error;
    // Before the outage: a database that panicked over a full disk is both.
    if (isDiskFull(error)) return noRoom();
    if (isDatabaseOutage(error))
      return new Problem('database-unavailable', 'Try again in a few seconds.', {
        retryAfter: SECONDS_UNTIL_DATABASE_RETRY,
      });
    const status = error instanceof HttpException ? error.getStatus() : 500;
    if (status === 404) {
      const wrongMethod = this.#wrongMethod(request, response);
      if (wrongMethod) return wrongMethod;
    }
    const known = ofStatus[status];
    if (known) return new Problem(...known);
    return new Problem(
      'internal-error',
      `Try again later. If it stays, tell the operator this request id: ${requestIdOf(request)}.`,
    );
  }

  /** RFC 9110, 15.5.6: a path that is known under other methods is answered with their list. */
  #wrongMethod(request: Request, response: Response): Problem | undefined {
    const express = this.adapterHost.httpAdapter.getInstance<Express>();
    const methods = allowedMethods(express, request.path);
    if (methods.length === 0 || methods.includes(request.method)) return undefined;
    const list = methods.join(', ');
    response.setHeader('Allow', list);
    return new Problem('method-not-allowed', `Use one of: ${list}.`);
  }
}

function send(response: Response, problem: Problem): void {
  const { errors, retryAfter } = problem.options;
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  // RFC 9110, 11.6.1: a 401 names the scheme.
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:gatepost:problem:${problem.code}`,
        title: problem.title,
        status: problem.status,
        detail: problem.detail,
        code: problem.code,
        ...(errors && { errors }),
      }),
    );
}
