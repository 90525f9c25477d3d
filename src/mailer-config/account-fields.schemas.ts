import { z } from 'zod';
import {
  type AccountField,
  type AccountFieldName,
  accountFields,
  type AccountFields,
} from './account-fields.js';

/** Characters; certificates come in chains. */
const MAX_TEXT = 16 * 1024;
const MAX_LINE = 4096;

type FieldSchemas = {
  readonly [F in AccountFieldName]: z.ZodType<AccountFields[F], AccountFields[F]> & z.ZodOptional;
};

/**
 * The fields of an account as a request has them, each optional, null to do without it. It knows
 * kinds and lengths only: whether an account can work is for `readAccount` to say.
 */
export const accountFieldsSchema = z.strictObject(
  Object.fromEntries(accountFields.map((field) => [field.name, schemaOf(field)])) as FieldSchemas,
);

function schemaOf(field: AccountField): z.ZodType {
  const { meaning: description, secret } = field;
  return valueOf(field)
    .nullable()
    .optional()
    .meta(secret ? { description, writeOnly: true } : { description });
}

function valueOf({ type, description }: AccountField): z.ZodType {
  const text = z
    .string()
    .max(description.multiline ? MAX_TEXT : MAX_LINE)
    // Neither can be stored, and neither means anything.
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'has a character that is none (NUL, or half of a surrogate pair)',
    });
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return z.boolean();
    case 'number':
      return z.number();
    case 'duration':
      return z.union([z.number(), text]);
  }
}
