import { anyText, oneOf, setting } from '#settings';
import { endpointUrl, scope } from './oauth2-values.js';
import { serviceKey } from './service-key.js';
import { password } from './smtp-values.js';
import { fileOf } from './text-form.js';

const oauth2 = { group: 'SMTP: OAuth2' };

/** Where access tokens come from, and who asks for them. */
export const oauth2Settings = {
  SMTP_OAUTH2_TOKEN_URL: setting(
    {
      ...oauth2,
      otherwise: 'that of the provider, where it is the same for everybody',
      meaning:
        'where access tokens come from; Microsoft 365: `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`',
    },
    endpointUrl,
  ),
  SMTP_OAUTH2_CLIENT_ID: setting({ ...oauth2, meaning: 'id of the application' }, anyText),
  SMTP_OAUTH2_CLIENT_SECRET: setting(
    {
      ...oauth2,
      secret: true,
      verbatim: true,
      meaning: 'secret of the application; an application without one needs `refresh_token`',
    },
    password,
  ),
  SMTP_OAUTH2_SCOPE: setting(
    {
      ...oauth2,
      otherwise: 'what Google or Microsoft ask for, else none',
      meaning: 'what the access token is for; names separated by blanks',
    },
    scope,
  ),
  SMTP_OAUTH2_REFRESH_TOKEN: setting(
    {
      ...oauth2,
      secret: true,
      otherwise: 'the one that `gatepost oauth2 authorize` stored',
      meaning: 'what somebody consented to; a newer one that the provider gives is stored',
    },
    anyText,
  ),
  SMTP_OAUTH2_GRANT: setting(
    {
      ...oauth2,
      otherwise: 'by what is set: a service key, a refresh token, a client secret',
      meaning:
        '`client_credentials` (the application signs in by itself), `refresh_token` (somebody consents once) or `service_account` (a key of Google)',
    },
    oneOf('client_credentials', 'refresh_token', 'service_account'),
  ),
  SMTP_OAUTH2_SERVICE_KEY_FILE: setting(
    { ...oauth2, meaning: 'JSON file with the key of a Google service account' },
    fileOf(serviceKey),
  ),
  SMTP_OAUTH2_AUTHORIZE_URL: setting(
    {
      ...oauth2,
      otherwise: 'that of Google or Microsoft',
      meaning: 'where a person consents; for `gatepost oauth2 authorize`',
    },
    endpointUrl,
  ),
};
