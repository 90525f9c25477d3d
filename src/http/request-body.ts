import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, json, type RequestHandler, urlencoded } from 'express';
import { Problem } from './problem.errors.js';

/** Octets. The longest honest body, an SMTP account with certificates, has a third of it. */
const LONGEST_BODY = 32 * 1024;
const MOST_FORM_FIELDS = 10;
const FORM_PATHS = /^\/link\//i;

const readJson = json({ limit: LONGEST_BODY, strict: true, inflate: false });
const readForm = urlencoded({
  limit: LONGEST_BODY,
  parameterLimit: MOST_FORM_FIELDS,
  extended: false,
  inflate: false,
});

/**
 * Reads JSON, and on the pages behind links in mails the forms of a browser, in UTF-8 and never
 * compressed: a few KiB must not unfold to gigabytes.
 */
export const requestBody: RequestHandler = (request, response, next) => {
  if (!hasBody(request)) return next();
  const isForm = FORM_PATHS.test(request.path);
  const mediaType = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  if (!request.is(mediaType) || !isUtf8(request.headers['content-type'] ?? ''))
    return next(
      new Problem('unsupported-media-type', `Send the body as "Content-Type: ${mediaType}".`),
    );
  return (isForm ? readForm : readJson)(request, response, next);
};

/** `Content-Length: 0`, which `fetch` sends with a POST of nothing, is no body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isUtf8(contentType: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  return charset === undefined || charset.toLowerCase() === 'utf-8';
}

/** What the body parsers throw, as a problem that does not quote the body. */
export const bodyProblems: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  next(bodyProblem(error) ?? error);
};

function bodyProblem(error: unknown): Problem | undefined {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  switch (type) {
    case 'entity.too.large':
    case 'parameters.too.many':
      return new Problem('body-too-large', `Send at most ${LONGEST_BODY / 1024} KiB.`);
    case 'encoding.unsupported':
      return new Problem('unsupported-media-type', 'Send the body without a Content-Encoding.');
    case 'charset.unsupported':
      return new Problem('unsupported-media-type', 'Send the body in UTF-8.');
    case 'entity.parse.failed':
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem('malformed-body', 'Send one JSON object, and check quotes and commas.');
    default:
      return undefined;
  }
}
