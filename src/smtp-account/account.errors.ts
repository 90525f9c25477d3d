import { type FieldError, Problem } from '#http';
import type { AccountFault } from '#mailer-config';

/** Why an account is not made or changed, each with what to do next. */

export function fieldsAtFault(faults: readonly AccountFault[]): never {
  throw new Problem(
    'validation-failed',
    'Correct what is listed under "errors" and send the request again. Nothing was changed.',
    { errors: faults.map(({ field, why, instead }) => ({ field, message: `${why} ${instead}` })) },
  );
}

export function secretRequired(fields: readonly string[]): never {
  throw new Problem(
    'secret-required',
    'This would send the stored secrets to another place, or by another way. Give them again in the same request. Nothing was changed.',
    {
      errors: fields.map((field) => ({
        field,
        message: 'It was given for another place. Give it again, or null to remove it.',
      })),
    },
  );
}

export function secretsLost(name: string): never {
  throw new Problem(
    'secret-required',
    `Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens the secrets of "${name}". Put the key back that they were sealed with, or give the secrets again (PATCH /admin/smtp-accounts).`,
  );
}

export function hostRefused(refused: readonly FieldError[]): never {
  throw new Problem(
    'host-refused',
    'Choose what is listed under "errors" differently. Nothing was changed.',
    { errors: [...refused] },
  );
}

export function nameTaken(): never {
  throw new Problem(
    'account-name-taken',
    'Choose another name; GET /admin/smtp-accounts lists them.',
  );
}

export function accountDisabled(name: string): never {
  throw new Problem(
    'account-disabled',
    `Enable "${name}" first: what is asked first has to be in use.`,
  );
}

export function accountReadOnly(isInbox: boolean): never {
  throw new Problem(
    'account-read-only',
    isInbox
      ? 'The built-in inbox is there because SMTP_HOST is not set. Set it where the server runs, or add an account and make it the default.'
      : 'It is set by SMTP_HOST and the other SMTP_ settings where the server runs. Change it there and start again, or add another account and make that the default.',
  );
}

export function noSuchAccount(): never {
  throw new Problem(
    'not-found',
    'There is no SMTP account with this id. GET /admin/smtp-accounts lists them.',
  );
}
