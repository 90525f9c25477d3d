import { z } from 'zod';
import { pageSchema } from '#http';
import { type AccountField, accountFields, accountFieldsSchema } from '#mailer-config';
import { healthStatuses, type HealthView, type ListedAccount } from '#smtp-account';

const time = z.iso.datetime();

/** Names by which other accounts are called; nobody could tell them apart. */
const RESERVED_NAMES = ['environment', 'inbox'];

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, {
    error: 'Leave out line breaks, control characters and characters that turn the text.',
  })
  .refine((text) => !RESERVED_NAMES.includes(text.toLowerCase()), {
    error: 'This name is the one of the account of the server itself; choose another.',
  })
  .describe('What people call it; unique');
const enabled = z.boolean().describe('Does delivery use it? Default: `true`');
const priority = z
  .number()
  .int()
  .min(0)
  .max(1000)
  .describe('Lower is asked first, after the default account. Default: `100`');

/** A new account. */
export const newAccountSchema = accountFieldsSchema.extend({
  name,
  enabled: enabled.optional(),
  priority: priority.optional(),
});

/** Fields that are left out stay as they are, null removes one. */
export const accountChangeSchema = newAccountSchema.extend({ name: name.optional() });

export type NewAccount = z.infer<typeof newAccountSchema>;
export type AccountChangeBody = z.infer<typeof accountChangeSchema>;

export const placeSchema = z.tuple([z.int(), z.int(), z.string(), z.string()]);

export const healthSchema = z
  .object({
    status: z
      .enum(healthStatuses)
      .describe(
        '`paused`: left alone for a while after failures; `needs-consent`: somebody has to consent again (OAuth2); `invalid`: what is stored can not be used, see `lastFailure`; `unused`: nothing is known yet',
      ),
    breaker: z.enum(['closed', 'open', 'half-open']),
    retryAt: time.nullable().describe('When one mail may try a paused account'),
    lastSuccessAt: time.nullable(),
    lastFailureAt: time.nullable(),
    lastFailure: z.string().nullable().describe('A sentence'),
    sentLastMinute: z.int(),
    sentLastDay: z.int(),
    maxPerMinute: z.int().nullable(),
    maxPerDay: z.int().nullable(),
    tokenExpiresAt: time.nullable(),
    doctor: z
      .object({ code: z.string(), title: z.string(), at: time })
      .nullable()
      .describe(
        'What the doctor said last, at start or asked by an admin; null: he has not looked since the settings changed',
      ),
  })
  .meta({ title: 'SmtpAccountHealth' });

// Of what is write-only it is told that it is there; a token may stand in `username` too.
const isShown = ({ secret }: AccountField) => !secret;
const maybeHidden = ({ secret, description }: AccountField) =>
  secret || description.holdsSecret !== undefined;

const flagOf = (field: string) => `has${field[0]?.toUpperCase()}${field.slice(1)}`;

/** An account as the interface shows one, without its secrets. */
export const accountSchema = z
  .object({
    id: z.string().describe('A UUID, or `environment`'),
    name: z.string(),
    enabled: z.boolean(),
    priority: z.int().nullable().describe('Null: the account of the environment'),
    isDefault: z.boolean().describe('Is it asked first?'),
    source: z
      .enum(['environment', 'database'])
      .describe('`environment`: set by SMTP_HOST where the server runs, read-only here'),
    ...Object.fromEntries(accountFields.filter(isShown).map(shownField)),
    host: z.string().nullable().describe('The mail server, by `url` and `provider` too'),
    port: z.int().nullable(),
    security: z
      .enum(['implicit-tls', 'starttls', 'clear'])
      .nullable()
      .describe('What the TLS fields come to; null: the account can not be used as it is'),
    proxyHost: z.string().nullable().describe('The host of `proxy`'),
    ...Object.fromEntries(
      accountFields
        .filter(maybeHidden)
        .map((field) => [
          flagOf(field.name),
          z.boolean().describe(`Is \`${field.name}\` set, and not shown?`),
        ]),
    ),
    warnings: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })),
    createdAt: time.nullable(),
    updatedAt: time.nullable(),
    health: healthSchema,
  })
  .meta({ title: 'SmtpAccount' });

export const accountPageSchema = pageSchema(accountSchema);

export type AccountBody = z.infer<typeof accountSchema> & Record<string, unknown>;

function shownField({ name: field, meaning }: AccountField): [string, z.ZodType] {
  return [field, (accountFieldsSchema.shape[field].unwrap() as z.ZodType).describe(meaning)];
}

export function accountBody(account: ListedAccount): AccountBody {
  const { id, enabled, priority, isDefault, source, fields, hidden, leadsTo } = account;
  return {
    id,
    name: account.name,
    enabled,
    priority,
    isDefault,
    source,
    ...Object.fromEntries(
      accountFields.filter(isShown).map(({ name: field }) => [field, fields[field] ?? null]),
    ),
    host: leadsTo?.host ?? fields.host ?? null,
    port: leadsTo?.port ?? fields.port ?? null,
    security: leadsTo?.security ?? null,
    proxyHost: leadsTo?.proxy?.host ?? null,
    ...Object.fromEntries(
      accountFields
        .filter(maybeHidden)
        .map(({ name: field }) => [flagOf(field), hidden.has(field)]),
    ),
    warnings: [...account.warnings],
    createdAt: account.createdAt?.toISOString() ?? null,
    updatedAt: account.updatedAt?.toISOString() ?? null,
    health: healthBody(account.health),
  };
}

function healthBody(health: HealthView): z.infer<typeof healthSchema> {
  const { retryAt, lastSuccessAt, lastFailureAt, tokenExpiresAt, doctor, ...rest } = health;
  return {
    ...rest,
    retryAt: retryAt?.toISOString() ?? null,
    lastSuccessAt: lastSuccessAt?.toISOString() ?? null,
    lastFailureAt: lastFailureAt?.toISOString() ?? null,
    tokenExpiresAt: tokenExpiresAt?.toISOString() ?? null,
    doctor: doctor && { ...doctor, at: doctor.at.toISOString() },
  };
}
