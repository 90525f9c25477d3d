import type { SmtpSettings } from '#mailer-config';
import { judgeSettings } from './settings-stage.js';
import type { JudgedSettings } from './walk.js';

/** Injection token: {@link JudgedSettings} of the account of the environment. */
export const JUDGED_AT_START = Symbol('gatepost:judged-at-start');

/** An account of which nothing is known but what it came to, such as that of the built-in inbox. */
export const judgedByItself = (smtp: SmtpSettings | undefined): JudgedSettings =>
  judgeSettings({ environment: new Map(), faults: [], warnings: [], smtp });
