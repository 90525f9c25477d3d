import { z } from 'zod';
import { setting } from '#settings';
import { connectionSettings } from './smtp-connection.schemas.js';
import { messageSettings } from './smtp-message.schemas.js';
import { notSupportedYet } from './smtp-values.js';

const planned = { group: 'SMTP: not yet supported' };

const oauth2 = notSupportedYet(
  'sign in with SMTP_USERNAME and SMTP_PASSWORD, such as an app password.',
);

/** Every `SMTP_*` setting, each described once. */
export const smtpSchema = z.object({
  ...connectionSettings,
  ...messageSettings,
  SMTP_OAUTH2_TOKEN_URL: setting({ ...planned, meaning: 'where access tokens come from' }, oauth2),
  SMTP_OAUTH2_CLIENT_ID: setting({ ...planned, meaning: 'id of the application' }, oauth2),
  SMTP_OAUTH2_CLIENT_SECRET: setting(
    { ...planned, secret: true, verbatim: true, meaning: 'secret of the application' },
    oauth2,
  ),
  SMTP_OAUTH2_SCOPE: setting({ ...planned, meaning: 'scope of the access token' }, oauth2),
  SMTP_OAUTH2_REFRESH_TOKEN: setting(
    { ...planned, secret: true, meaning: 'refresh token' },
    oauth2,
  ),
  SMTP_OAUTH2_GRANT: setting(
    { ...planned, meaning: '`client_credentials`, `refresh_token` or `service_account`' },
    oauth2,
  ),
  SMTP_OAUTH2_SERVICE_KEY_FILE: setting(
    { ...planned, meaning: 'JSON file with the key of a service account' },
    oauth2,
  ),
});
