import { z } from 'zod';
import { connectionSettings } from './smtp-connection.schemas.js';
import { messageSettings } from './smtp-message.schemas.js';
import { oauth2Settings } from './smtp-oauth2.schemas.js';

/** Every `SMTP_*` setting, each described once. */
export const smtpSchema = z.object({
  ...connectionSettings,
  ...oauth2Settings,
  ...messageSettings,
});
