import { StandardSchemaValidationPipe } from '@nestjs/common';
import { type FieldError, Problem } from './problem.errors.js';

/** What the pipe hands over: the issues of Standard Schema, with zod's own fields where it made them. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** A body of 32 KiB can hold thousands of faults; nobody reads past the first few. */
const MOST_ERRORS = 20;
const LONGEST_NAME = 100;

/**
 * Holds every `@Body`, `@Query` and `@Param` with a schema to that schema. Names of fields are
 * told, values never: an answer must not carry a password back.
 */
export class SchemaPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: invalid });
  }
}

function invalid(issues: readonly Issue[]): Problem {
  const errors = issues.flatMap(fieldErrors).slice(0, MOST_ERRORS);
  return new Problem(
    'validation-failed',
    'Correct what is listed under "errors" and send the request again.',
    { errors },
  );
}

function fieldErrors(issue: Issue): FieldError[] {
  const parts = (issue.path ?? []).map((part) =>
    String(typeof part === 'object' ? part.key : part),
  );
  if (issue.code === 'unrecognized_keys' && issue.keys)
    return issue.keys.map((key) => ({
      field: [...parts, key].join('.').slice(0, LONGEST_NAME),
      message: 'There is no such field; leave it out.',
    }));
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [
    {
      field: parts.join('.').slice(0, LONGEST_NAME),
      message: missing ? missingMessage(parts) : issue.message,
    },
  ];
}

const missingMessage = (path: readonly string[]): string =>
  path.length === 0 ? 'Send a JSON object as the body.' : 'This field is required.';
