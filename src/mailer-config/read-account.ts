import assert from 'node:assert';
import { type Environment, type Fault, type FaultCode, readSettings } from '#settings';
import { accountEnvironment } from './account-environment.js';
import {
  type AccountFieldName,
  accountFields,
  type AccountFields,
  accountSchema,
  fieldOfSetting,
  inFieldNames,
} from './account-fields.js';
import { isServerNamed } from './named-server.js';
import { type AccountContext, resolveAccount } from './resolve-account.js';
import type { SmtpSettings } from './smtp-settings.js';

/** What is wrong with one field of an account, or worth a warning; never a value. */
export interface AccountFault {
  readonly field: AccountFieldName;
  readonly code: FaultCode;
  /** Why it can not work; a sentence. */
  readonly why: string;
  /** What to write instead; a sentence that names fields. */
  readonly instead: string;
}

export type AccountReading =
  | { readonly ok: true; readonly smtp: SmtpSettings; readonly warnings: readonly AccountFault[] }
  | {
      readonly ok: false;
      readonly faults: readonly AccountFault[];
      readonly warnings: readonly AccountFault[];
    };

/** An account as it was given over the API, under the names of the environment. */
export interface AccountSettings {
  /** Secrets are among them. */
  readonly environment: Environment;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Undefined: a setting it needs is at fault. */
  readonly smtp: SmtpSettings | undefined;
}

/** Judges an account that came over the API as the settings of the environment are judged. */
export function readAccountSettings(
  fields: AccountFields,
  of: Omit<AccountContext, 'source'>,
): AccountSettings {
  const { environment, findings } = accountEnvironment(fields);
  const given = readSettings(accountSchema, environment, findings);
  if (!isServerNamed(environment))
    findings.refuse(
      'HOST_MISSING',
      'SMTP_HOST',
      'The account names no mail server.',
      'Write SMTP_HOST=smtp.your-provider.com, or SMTP_PROVIDER=… with the name of a preset.',
    );
  const smtp = resolveAccount(given, { ...of, source: 'database' }, environment, findings);
  const { faults, warnings } = findings;
  return { environment, faults, warnings, smtp: faults.length > 0 ? undefined : smtp };
}

/** The same in the words of the API: every fault at once, in the order of the fields. */
export function readAccount(
  fields: AccountFields,
  of: Omit<AccountContext, 'source'>,
): AccountReading {
  const { faults, warnings: remarks, smtp } = readAccountSettings(fields, of);
  const warnings = inOrder(remarks);
  if (faults.length > 0) return { ok: false, faults: inOrder(faults), warnings };
  assert(smtp, 'an account without a fault can be used');
  return { ok: true, smtp, warnings };
}

const order = accountFields.map(({ name }) => name);

function inOrder(faults: readonly Fault[]): readonly AccountFault[] {
  return faults.map(faultOfField).sort((a, b) => order.indexOf(a.field) - order.indexOf(b.field));
}

function faultOfField({ setting, code, why, instead }: Fault): AccountFault {
  const field = fieldOfSetting(setting);
  assert(field, `${setting} is no setting of an account`);
  return { field, code, why: inFieldNames(why), instead: inFieldNames(instead) };
}
