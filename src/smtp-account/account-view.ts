import type { SmtpAccountRow } from '#database';
import type { AccountFields, SmtpSettings } from '#mailer-config';
import type { Vault } from '#vault';
import { type AccountGround, judgeFields, openSecrets, splitFields } from './stored-account.js';

/** Worth a second look, but no reason to refuse. */
export interface AccountWarning {
  readonly field: string;
  readonly code: string;
  /** Sentences: why, and what to write instead. */
  readonly message: string;
}

/** An account without its secrets. */
export interface AccountView {
  readonly id: string;
  readonly name: string;
  readonly source: 'environment' | 'database';
  readonly enabled: boolean;
  /** Null: that of the environment, which has its own place. */
  readonly priority: number | null;
  /** Of an account of the database as given, of that of the environment as resolved. */
  readonly fields: AccountFields;
  /** The names of the fields that are there and not shown. */
  readonly hidden: ReadonlySet<string>;
  /** Where it leads; undefined: it can not be used as it is. */
  readonly leadsTo: Pick<SmtpSettings, 'host' | 'port' | 'security' | 'proxy'> | undefined;
  readonly warnings: readonly AccountWarning[];
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
}

export function viewOfRow(row: SmtpAccountRow, vault: Vault, ground: AccountGround): AccountView {
  const settings = row.settings as AccountFields;
  const secrets = openSecrets(row, vault);
  const judged = secrets && judgeFields({ ...settings, ...secrets }, row, ground);
  return {
    id: row.id,
    name: row.name,
    source: 'database',
    enabled: row.enabled,
    priority: row.priority,
    fields: settings,
    hidden: new Set(Object.keys(secrets ?? {})),
    leadsTo: judged?.ok ? judged.smtp : undefined,
    warnings: (judged?.warnings ?? []).map(({ field, code, why, instead }) => ({
      field,
      code,
      message: `${why} ${instead}`,
    })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function viewOfEnvironment(smtp: SmtpSettings): AccountView {
  const { secrets, settings } = splitFields(fieldsOf(smtp));
  return {
    id: smtp.id,
    name: smtp.name,
    source: 'environment',
    enabled: true,
    priority: null,
    fields: settings,
    hidden: new Set(Object.keys(secrets)),
    leadsTo: smtp,
    warnings: [],
    createdAt: null,
    updatedAt: null,
  };
}

/** What one would have to write over the API to have the same account. */
function fieldsOf(smtp: SmtpSettings): AccountFields {
  const { tls, auth, proxy, dkim, timeouts, sender } = smtp;
  const { oauth2 } = auth;
  return present({
    host: smtp.host,
    port: smtp.port,
    tls: smtp.security === 'implicit-tls',
    opportunisticTls: smtp.security === 'starttls',
    requireTls: smtp.requireTls,
    cipherSpec: tls.ciphers ?? tls.minVersion,
    tlsCa: tls.ca,
    tlsCert: tls.cert,
    tlsKey: tls.key,
    tlsServername: tls.servername,
    tlsInsecure: tls.insecure,
    authMethod: auth.method,
    username: auth.username,
    password: auth.password,
    ntlmDomain: auth.ntlmDomain,
    ntlmWorkstation: auth.ntlmWorkstation,
    oauth2TokenUrl: oauth2?.tokenUrl,
    oauth2AuthorizeUrl: oauth2?.authorizationUrl,
    oauth2ClientId: oauth2?.clientId,
    oauth2ClientSecret: oauth2?.clientSecret,
    oauth2Scope: oauth2?.scope,
    oauth2Grant: oauth2?.grant,
    oauth2RefreshToken: oauth2?.refreshToken,
    oauth2ServiceKey: oauth2?.serviceAccount && 'set',
    proxy: proxy && 'set',
    sender: sender.name
      ? `"${sender.name.replace(/["\\]/g, '\\$&')}" <${sender.address}>`
      : sender.address,
    replyTo: smtp.replyTo,
    returnPath: smtp.returnPath,
    bcc: smtp.bcc,
    readReceiptTo: smtp.readReceiptTo,
    footer: smtp.footer,
    ehloName: smtp.ehloName,
    localAddress: smtp.localAddress,
    dkimDomain: dkim?.domain,
    dkimSelector: dkim?.selector,
    dkimKey: dkim?.privateKey,
    maxConnections: smtp.maxConnections,
    pipelining: smtp.pipelining,
    maxInFlight: smtp.maxInFlight,
    maxPerMinute: smtp.maxPerMinute,
    maxPerDay: smtp.maxPerDay,
    timeoutConnect: timeouts.connect,
    timeoutGreeting: timeouts.greeting,
    timeoutCommand: timeouts.command,
    timeoutData: timeouts.data,
  });
}

const present = (fields: AccountFields): AccountFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
