import type { Environment, Findings } from '#settings';
import type { Grant, OAuth2Provider } from './oauth2-providers.js';
import { oauth2Settings } from './smtp-oauth2.schemas.js';

type OAuth2Name = keyof typeof oauth2Settings;
export const oauth2Names = Object.keys(oauth2Settings) as readonly OAuth2Name[];

/** The settings of OAuth2 that are there, right or wrong; with one of them no password signs in. */
export function givenOAuth2(environment: Environment): readonly OAuth2Name[] {
  return oauth2Names.filter((name) => environment.has(name));
}

/** What each grant cannot do without, and what else it takes; the others say nothing to it. */
const uses: Record<Grant, { needs: readonly OAuth2Name[]; takes: readonly OAuth2Name[] }> = {
  client_credentials: { needs: ['SMTP_OAUTH2_CLIENT_ID', 'SMTP_OAUTH2_CLIENT_SECRET'], takes: [] },
  refresh_token: {
    needs: ['SMTP_OAUTH2_CLIENT_ID'],
    takes: ['SMTP_OAUTH2_CLIENT_SECRET', 'SMTP_OAUTH2_REFRESH_TOKEN', 'SMTP_OAUTH2_AUTHORIZE_URL'],
  },
  service_account: { needs: ['SMTP_OAUTH2_SERVICE_KEY_FILE'], takes: [] },
};
const forEveryGrant: readonly OAuth2Name[] = [
  'SMTP_OAUTH2_GRANT',
  'SMTP_OAUTH2_TOKEN_URL',
  'SMTP_OAUTH2_SCOPE',
];

/** What a grant needs, and what would be ignored beside it. */
export function judgeGrant(
  grant: Grant,
  issuer: OAuth2Provider | undefined,
  environment: Environment,
  findings: Findings,
): void {
  const { needs, takes } = uses[grant];
  for (const name of needs)
    if (!environment.has(name))
      findings.refuse(
        'SETTING_MISSING',
        name,
        `Without it no access token can be asked for by the grant ${grant}.`,
        name === 'SMTP_OAUTH2_SERVICE_KEY_FILE'
          ? `Write ${name}=/path/to/key.json with the key of the service account, or SMTP_OAUTH2_GRANT=refresh_token for the consent of a person.`
          : `Write ${name}=… with what the provider gave the application.`,
      );
  const whose = environment.has('SMTP_OAUTH2_GRANT')
    ? 'SMTP_OAUTH2_GRANT asks for'
    : 'follows from what is set';
  for (const name of givenOAuth2(environment))
    if (![...forEveryGrant, ...needs, ...takes].includes(name))
      findings.refuse(
        'SETTING_CONFLICT',
        name,
        `It says nothing to the grant ${grant}, which ${whose}, and would be ignored.`,
        `Remove ${name}, or write ${oneOfGrants(grantsWith(name, issuer))}.`,
      );
}

function grantsWith(name: OAuth2Name, issuer: OAuth2Provider | undefined): Grant[] {
  return (Object.keys(uses) as Grant[]).filter((grant) => {
    const { needs, takes } = uses[grant];
    return [...needs, ...takes].includes(name) && (!issuer || issuer.grants[grant]);
  });
}

function oneOfGrants(grants: readonly string[]): string {
  const settings = grants.map((grant) => `SMTP_OAUTH2_GRANT=${grant}`);
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(settings);
}

/** By itself an application signs in to one tenant, and these stand for many. */
const ofNoTenant = /\/(?:common|organizations|consumers)\//;

/** What whoever issues the tokens is known not to do. */
export function judgeIssuer(
  grant: Grant,
  issuer: OAuth2Provider,
  tokenUrl: string | undefined,
  environment: Environment,
  findings: Findings,
): void {
  const { name, grants, tokenUrlForm } = issuer;
  if (!grants[grant])
    findings.refuse(
      'SETTING_CONFLICT',
      environment.has('SMTP_OAUTH2_GRANT') ? 'SMTP_OAUTH2_GRANT' : 'SMTP_OAUTH2_SERVICE_KEY_FILE',
      `${name} opens no such mailbox by the grant ${grant}.`,
      `Write ${oneOfGrants(Object.keys(grants))}, and what belongs to it.`,
    );
  else if (tokenUrlForm && !tokenUrl && !grants[grant].tokenUrl)
    findings.refuse(
      'SETTING_MISSING',
      'SMTP_OAUTH2_TOKEN_URL',
      `${name} gives an application its tokens at the address of its tenant, and none is named.`,
      adviceOn(tokenUrlForm),
    );
  if (!tokenUrlForm || !tokenUrl) return;
  const isOfForm = /^\/[a-z0-9.-]+\/oauth2\/v2\.0\/token$/i.test(new URL(tokenUrl).pathname);
  const isOfTenant = grant !== 'client_credentials' || !ofNoTenant.test(tokenUrl);
  if (!isOfForm || !isOfTenant)
    findings.refuse(
      'VALUE_INVALID',
      'SMTP_OAUTH2_TOKEN_URL',
      isOfForm
        ? 'By itself an application signs in to one tenant, and this address stands for many.'
        : `This is no token endpoint of ${name}, or one that knows no scopes.`,
      adviceOn(tokenUrlForm),
    );
}

function adviceOn(form: string): string {
  return `Write SMTP_OAUTH2_TOKEN_URL=… in the form ${form}, with the id or a domain of your tenant.`;
}

/** The most frequent slip with a client secret of Microsoft: its id is a UUID, and its value none. */
export function remarkOnSecret(
  secret: string | undefined,
  issuer: OAuth2Provider | undefined,
  findings: Findings,
): void {
  if (!issuer?.tokenUrlForm || !/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(secret ?? ''))
    return;
  findings.warn(
    'OAUTH_SECRET_WRONG',
    'SMTP_OAUTH2_CLIENT_SECRET',
    `This looks like the id of the secret, and not like its value, which ${issuer.name} shows only once.`,
    'Write SMTP_OAUTH2_CLIENT_SECRET=… with what stood in the column “Value”, or make a new secret.',
  );
}

/** Somebody consents once, and what that gave may be in the database already. */
export function remarkOnConsent(authorizationUrl: string | undefined, findings: Findings): void {
  findings.warn(
    'OAUTH_INCOMPLETE',
    'SMTP_OAUTH2_REFRESH_TOKEN',
    'No refresh token is set, so mail goes out only after somebody has consented once.',
    authorizationUrl === undefined
      ? 'Write SMTP_OAUTH2_AUTHORIZE_URL=https://… and run “gatepost oauth2 authorize” if nobody has yet, or write SMTP_OAUTH2_REFRESH_TOKEN=….'
      : 'If nobody has yet, run “gatepost oauth2 authorize”, or write SMTP_OAUTH2_REFRESH_TOKEN=….',
  );
}
