import { z } from 'zod';
import { describe, redescribed, type SettingDescription, setting } from '#settings';
import { certificates, privateKey } from './pem.js';
import { serviceKey } from './service-key.js';
import { smtpSchema } from './smtp-settings.schemas.js';
import { type TextForm, textOf } from './text-form.js';

type Shape = (typeof smtpSchema)['shape'];
type SettingName = keyof Shape;

type Camel<S extends string> = S extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<Camel<Rest>>}`
  : Lowercase<S>;
type Bare<S extends string> = S extends `SMTP_${infer Name}_FILE`
  ? Name
  : S extends `SMTP_${infer Name}`
    ? Name
    : never;

type FieldName<S extends SettingName> = Camel<Bare<S>>;
export type AccountFieldName = FieldName<SettingName>;

type JsonOf<S extends SettingName> = S extends `SMTP_TIMEOUT_${string}`
  ? number | string
  : NonNullable<z.output<Shape[S]>> extends number | boolean
    ? NonNullable<z.output<Shape[S]>>
    : string;

/** What an account is given as over the API; null is as good as absent. */
export type AccountFields = {
  readonly [S in SettingName as FieldName<S>]?: JsonOf<S> | null | undefined;
};

/** One setting as the API has it: `SMTP_TLS_CA_FILE` is `tlsCa` there, the text of the file. */
export interface AccountField {
  readonly name: AccountFieldName;
  readonly setting: SettingName;
  /** Of its value in JSON; `duration`: a number of milliseconds, or a text such as `10s`. */
  readonly type: 'string' | 'number' | 'boolean' | 'duration';
  /** Write-only: sealed where it is kept, and never shown. */
  readonly secret: boolean;
  /** A text that is a secret all the same, such as a token given as a user name. */
  readonly holdsSecret: (text: string) => boolean;
  /** How its text is read. */
  readonly description: SettingDescription;
  /** Markdown, one line, which names other fields and no settings. */
  readonly meaning: string;
}

const files: Record<Extract<SettingName, `${string}_FILE`>, TextForm<unknown>> = {
  SMTP_TLS_CA_FILE: certificates,
  SMTP_TLS_CERT_FILE: certificates,
  SMTP_TLS_KEY_FILE: privateKey,
  SMTP_DKIM_KEY_FILE: privateKey,
  SMTP_OAUTH2_SERVICE_KEY_FILE: serviceKey,
};

function isFile(name: string): name is keyof typeof files {
  return Object.hasOwn(files, name);
}

/**
 * The settings of an account that comes over the API, under the names of the environment: the same
 * readers, but files are given as their text, and no value is refused for standing in the example.
 */
export const accountSchema = z.object(
  Object.fromEntries(
    Object.entries(smtpSchema.shape).map(([name, field]) => [name, ofAccount(name, field)]),
  ) as Shape,
);

function ofAccount(name: string, field: z.ZodType): z.ZodType {
  const description = { ...describe(field), placeholder: false };
  if (!isFile(name)) return redescribed(field, description);
  const form = files[name];
  return setting(
    { ...description, default: undefined, multiline: true, secret: form.secret },
    textOf(form),
  );
}

/** Where the environment means something else, or more, than one account can. */
const meanings: Partial<Record<SettingName, string>> = {
  SMTP_HOST: 'the mail server; `provider` or `url` may name it instead',
};

const fieldNames = new Map<string, AccountFieldName>(
  Object.keys(accountSchema.shape).map((name) => [name, fieldNameOf(name as SettingName)]),
);

/** Every field there is, in the order of the settings. */
export const accountFields: readonly AccountField[] = Object.entries(accountSchema.shape).map(
  ([name, schema]) => fieldOf(name as SettingName, schema, describe(schema)),
);

function fieldOf(
  name: SettingName,
  schema: z.ZodType,
  description: SettingDescription,
): AccountField {
  return {
    name: fieldNameOf(name),
    setting: name,
    type: isFile(name) ? 'string' : jsonTypeOf(schema),
    secret: description.secret ?? false,
    holdsSecret: description.holdsSecret ?? (() => false),
    description,
    meaning: meaningOf(name, description),
  };
}

function fieldNameOf(name: SettingName): AccountFieldName {
  const words = name
    .replace(/^SMTP_/, '')
    .replace(/_FILE$/, '')
    .toLowerCase();
  return words.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as AccountFieldName;
}

// `1` is a yes, a port, a number and a time; only a time may have a unit.
function jsonTypeOf(schema: z.ZodType): AccountField['type'] {
  if (schema.safeParse('1s').data === 1000) return 'duration';
  const type = typeof schema.safeParse('1').data;
  return type === 'boolean' || type === 'number' ? type : 'string';
}

function meaningOf(name: SettingName, description: SettingDescription): string {
  const { meaning, default: fixed, otherwise } = description;
  const absent = fixed === undefined ? otherwise : `\`${fixed}\``;
  const text = (meanings[name] ?? meaning).replace(/^(PEM|JSON) file with (.*)$/, '$2, in $1 form');
  return inFieldNames(absent === undefined ? text : `${text}. Default: ${absent}`);
}

/** The field that a setting, or the form of it that names a file, has over the API. */
export function fieldOfSetting(name: string): AccountFieldName | undefined {
  return fieldNames.get(name) ?? fieldNames.get(name.replace(/_FILE$/, ''));
}

/**
 * A sentence about settings as one about fields: `SMTP_TLS=true` becomes `tls=true`, and a path
 * `tlsKey=…`. What is set for the whole server, such as SMTP_ALLOW_PRIVATE_HOSTS, stays.
 */
export function inFieldNames(text: string): string {
  return text
    .replaceAll('SMTP_OAUTH2_*', 'oauth2*')
    .replace(
      /\b(SMTP_[A-Z0-9_]*[A-Z0-9])(=\/[^\s,]*[^\s,.])?/g,
      (whole, name: string, path: string | undefined) => {
        const field = fieldOfSetting(name);
        if (!field) return whole;
        return path === undefined ? field : `${field}=…`;
      },
    );
}
