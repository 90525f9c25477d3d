import type { SmtpAccountRow } from '#database';
import {
  type AccountFault,
  accountFields,
  type AccountFields,
  type AccountSettings,
  readAccount,
  readAccountSettings,
  type SmtpSettings,
} from '#mailer-config';
import type { Settings } from '#settings';
import type { Vault } from '#vault';

/** An account as it is used, or why it can not be: a sentence with what to do. */
export type OpenedAccount =
  | { readonly ok: true; readonly smtp: SmtpSettings }
  | { readonly ok: false; readonly name: string; readonly error: string };

/** What of the settings decides how an account is read. */
export type AccountGround = Pick<Settings, 'appName' | 'adminWebUrl' | 'smtpAllowPrivateHosts'>;

/** The secrets of an account; undefined where no key we have opens them. */
export function openSecrets(
  { id, secrets }: Pick<SmtpAccountRow, 'id' | 'secrets'>,
  vault: Vault,
): AccountFields | undefined {
  try {
    return JSON.parse(vault.open('smtp-account', secrets, id).toString()) as AccountFields;
  } catch {
    return undefined;
  }
}

/** Bound to the row: in another one they can not be opened. */
export function sealSecrets(id: string, secrets: AccountFields, vault: Vault): Buffer {
  return vault.seal('smtp-account', JSON.stringify(secrets), id);
}

/**
 * What may be seen of an account, and what may not. A user name can be a secret too: a token, or
 * what was the password as well (Postmark), even when that is changed later.
 *
 * @param sealed the secrets as they are stored
 */
export function splitFields(
  fields: AccountFields,
  sealed: AccountFields = {},
): {
  settings: AccountFields;
  secrets: AccountFields;
} {
  const isSecret = accountFields
    .filter(({ name, secret, holdsSecret }) => secret || holdsSecret(String(fields[name] ?? '')))
    .map(({ name }): string => name);
  const { username, password } = fields;
  if (username && [password, sealed.username].includes(username)) isSecret.push('username');
  const entries = Object.entries(fields);
  return {
    settings: Object.fromEntries(entries.filter(([name]) => !isSecret.includes(name))),
    secrets: Object.fromEntries(entries.filter(([name]) => isSecret.includes(name))),
  };
}

/** The fields of an account, judged as those of the environment are. */
export function judgeFields(
  fields: AccountFields,
  of: AccountIdentity,
  ground: AccountGround,
): ReturnType<typeof readAccount> {
  return readAccount(fields, contextOf(of, ground));
}

/** The same for the doctor, who reports of settings under the names of the environment. */
export function readFields(
  fields: AccountFields,
  of: AccountIdentity,
  ground: AccountGround,
): AccountSettings {
  return readAccountSettings(fields, contextOf(of, ground));
}

type AccountIdentity = Pick<SmtpAccountRow, 'id' | 'name'>;

const contextOf = (
  { id, name }: AccountIdentity,
  { appName, adminWebUrl, smtpAllowPrivateHosts }: AccountGround,
) => ({
  id,
  name,
  appName,
  adminWebUrl,
  reach: smtpAllowPrivateHosts ? ('any' as const) : ('public' as const),
});

/** Fields that are given take the place of those before; null removes one, and is never kept. */
export function merged(before: AccountFields, given: AccountFields): AccountFields {
  const written = Object.entries(given).filter(([, value]) => value !== undefined);
  const entries = Object.entries({ ...before, ...Object.fromEntries(written) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** From the row to what the wire needs. */
export function openStoredAccount(
  row: SmtpAccountRow,
  vault: Vault,
  settings: AccountGround,
): OpenedAccount {
  const secrets = openSecrets(row, vault);
  if (!secrets)
    return {
      ok: false,
      name: row.name,
      error:
        'Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens its secrets. Put the key back that they were sealed with, or give the secrets again (PATCH /admin/smtp-accounts).',
    };
  const judged = judgeFields({ ...(row.settings as AccountFields), ...secrets }, row, settings);
  if (judged.ok) return { ok: true, smtp: judged.smtp };
  return { ok: false, name: row.name, error: judged.faults.map(faultSentence).join(' ') };
}

/** `port: There is no port 0. Write 587.` */
const faultSentence = ({ field, why, instead }: AccountFault) => `${field}: ${why} ${instead}`;
