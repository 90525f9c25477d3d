import type { OAuth2Settings } from './oauth2-settings.js';

export type Grant = OAuth2Settings['grant'];

/** Who issues access tokens for mail, as things stood in November 2026. */
export interface OAuth2Provider {
  /** As people call it. */
  readonly name: string;
  /** Where its token endpoints are. */
  readonly tokenHosts: readonly string[];
  /** What an endpoint looks like that is different for every customer. */
  readonly tokenUrlForm?: string;
  /** Where a person consents; undefined: beside the token endpoint. */
  readonly authorizationUrl?: string;
  /** The grants that lead to a mailbox; `tokenUrl` where it is the same for everybody. */
  readonly grants: Partial<Record<Grant, { readonly scope: string; readonly tokenUrl?: string }>>;
}

const ofGoogle = {
  scope: 'https://mail.google.com/',
  tokenUrl: 'https://oauth2.googleapis.com/token',
};

/** https://developers.google.com/workspace/gmail/imap/xoauth2-protocol */
export const google: OAuth2Provider = {
  name: 'Google',
  tokenHosts: ['oauth2.googleapis.com', 'accounts.google.com', 'www.googleapis.com'],
  authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
  grants: { refresh_token: ofGoogle, service_account: ofGoogle },
};

const microsoftHost = 'login.microsoftonline.com';
const ofMicrosoft = {
  scope: 'https://outlook.office.com/SMTP.Send offline_access',
  tokenUrl: `https://${microsoftHost}/common/oauth2/v2.0/token`,
};

/** https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth */
export const microsoft: OAuth2Provider = {
  name: 'Microsoft',
  tokenHosts: [microsoftHost],
  tokenUrlForm: `https://${microsoftHost}/<tenant>/oauth2/v2.0/token`,
  grants: {
    client_credentials: { scope: 'https://outlook.office365.com/.default' },
    refresh_token: ofMicrosoft,
  },
};

/** Mailboxes of persons are in no tenant, and no application gets into one by itself. */
export const microsoftPersonal: OAuth2Provider = {
  ...microsoft,
  grants: {
    refresh_token: {
      ...ofMicrosoft,
      tokenUrl: `https://${microsoftHost}/consumers/oauth2/v2.0/token`,
    },
  },
};

const all = [google, microsoft];

/**
 * Who issues the tokens: whoever the token endpoint belongs to, or else the provider of the
 * mailbox. Undefined: nobody that is known here.
 */
export function issuerOf(
  tokenUrl: string | undefined,
  ofMailbox: OAuth2Provider | undefined,
): OAuth2Provider | undefined {
  if (tokenUrl === undefined) return ofMailbox;
  const host = new URL(tokenUrl).hostname;
  return [...(ofMailbox ? [ofMailbox] : []), ...all].find(({ tokenHosts }) =>
    tokenHosts.includes(host),
  );
}
