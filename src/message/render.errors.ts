/**
 * Why a mail cannot be written. Final: the same variables will fail the same way again.
 *
 * - `unknown-kind`: no such kind of mail
 * - `invalid-variables`: they do not fit the kind's schema
 * - `invalid-context`: recipient or times make no sense
 * - `template-failed`: the templates do not fit the variables
 */
export type RenderErrorCode =
  'unknown-kind' | 'invalid-variables' | 'invalid-context' | 'template-failed';

/** The message names variables and templates but never holds a variable's value. */
export class RenderError extends Error {
  override readonly name = 'RenderError';

  constructor(
    readonly code: RenderErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** The files under `templates/` cannot be used; thrown at start with every fault found. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(readonly faults: readonly string[]) {
    super(`The mail templates cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}

/** One fault in one file. */
export class TemplateFault extends Error {
  constructor(
    readonly file: string,
    readonly fault: string,
  ) {
    super(`${file}: ${fault}`);
  }
}
