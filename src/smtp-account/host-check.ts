import { checkSubmissionPort, HostRefused, type Reach, resolveHost } from '#egress';
import type { FieldError } from '#http';
import type { AccountFields, SmtpSettings } from '#mailer-config';
import type { AccountWarning } from './account-view.js';

/** Milliseconds for a look-up, which somebody waits for; what is slower is looked up later. */
const LOOKUP_DEADLINE = 5_000;

/** What the hosts of an account lead to. */
export interface HostFindings {
  /** None may be reached; see {@link Reach}. */
  readonly refused: readonly FieldError[];
  /** Names that lead nowhere now. DNS may follow, and each connection looks again. */
  readonly warnings: readonly AccountWarning[];
}

/** Each host that an account makes us connect to, with the field that names it. */
export async function checkHosts(smtp: SmtpSettings, fields: AccountFields): Promise<HostFindings> {
  const { host, reach, proxy, auth } = smtp;
  const server = fields.host ? 'host' : fields.url ? 'url' : 'provider';
  // The key of a service account has the URL in it; without either it is the provider's.
  const ofKey = fields.oauth2ServiceKey && !fields.oauth2TokenUrl;
  const tokens = ofKey ? 'oauth2ServiceKey' : 'oauth2TokenUrl';
  const hosts: [field: string, host: string][] = [[server, host]];
  if (proxy) hosts.push(['proxy', proxy.host]);
  if (auth.oauth2) hosts.push([tokens, new URL(auth.oauth2.tokenUrl).hostname]);

  const port = portFinding(smtp, fields.port == null ? server : 'port');
  const findings = await Promise.all(hosts.map(([field, host]) => hostFinding(field, host, reach)));
  const all = [port, ...findings].filter((finding) => finding !== undefined);
  return {
    refused: all.filter((finding) => !('code' in finding)),
    warnings: all.filter((finding) => 'code' in finding),
  };
}

function portFinding({ host, port, reach }: SmtpSettings, field: string): FieldError | undefined {
  try {
    checkSubmissionPort(host, port, reach);
    return undefined;
  } catch (error) {
    if (error instanceof HostRefused) return { field, message: error.message };
    throw error;
  }
}

async function hostFinding(
  field: string,
  host: string,
  reach: Reach,
): Promise<FieldError | AccountWarning | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(() => resolve(unresolved(field, host)), LOOKUP_DEADLINE);
  });
  try {
    return (await Promise.race([deadline, resolveHost(host, reach).then(() => undefined)])) as
      AccountWarning | undefined;
  } catch (error) {
    return error instanceof HostRefused
      ? { field, message: error.message }
      : unresolved(field, host);
  } finally {
    clearTimeout(timer);
  }
}

const unresolved = (field: string, host: string): AccountWarning => ({
  field,
  code: 'DNS_UNRESOLVED',
  message: `${host} has no address at the moment. Check the spelling; it is looked up again at each connection.`,
});
