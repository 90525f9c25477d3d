import { StandardSchemaValidationPipe } from '@nestjs/common';
import { type FieldIssue, fieldSentence } from './field-sentence.js';
import { type FieldError, Problem } from './problem.errors.js';

/** What the pipe hands over: the issues of Standard Schema, with zod's own fields where it made them. */
interface Issue extends FieldIssue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
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

  /** Left to the schemas, which refuse `__proto__` and its like as any field they do not know. */
  protected override stripProtoKeys(): void {}
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
  const field = parts.join('.').slice(0, LONGEST_NAME);
  const isBody = field === '' && issue.expected === 'object';
  return [{ field, message: isBody ? 'Send a JSON object as the body.' : fieldSentence(issue) }];
}
