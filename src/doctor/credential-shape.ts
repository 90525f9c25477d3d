import { presetOfHost, type SmtpSettings } from '#mailer-config';
import type { Situation } from './cause.js';
import { type CauseCode, causes } from './causes.js';
import { findingOf } from './finding.js';
import type { Finding } from './report.js';

/** Where the credentials of a provider come from is told best by the cause of their refusal. */
const refusals: readonly (readonly [preset: RegExp, CauseCode])[] = [
  [/^gmail$|^google-relay$/, 'GMAIL_APP_PASSWORD'],
  [/^ses:/, 'SES_CREDENTIALS'],
  [/^sendgrid/, 'SENDGRID_KEY'],
];

/**
 * What can be told from the form of user name and password alone, where a provider fixes it. A
 * warning each: what we know of a form may be out of date. Not a word about what is in a
 * password, only about the form that it has not.
 */
export function credentialFindings({ host, auth }: SmtpSettings, situation: Situation): Finding[] {
  const preset = presetOfHost(host);
  const { username, password } = auth;
  if (!preset || username === undefined || password === undefined) return [];
  const refusal = refusals.find(([name]) => name.test(preset.name))?.[1];
  const found = (code: CauseCode, setting: string, why: string): Finding[] => [
    findingOf(code, situation, {
      stage: 'settings',
      severity: 'warning',
      confidence: 'likely',
      settings: [setting],
      marks: { [setting]: why },
      evidence: [{ kind: 'setting', text: why }],
      fix: refusal && causes[refusal].help(situation),
    }),
  ];
  const { usernameShape, passwordShape, oneToken } = preset;
  if (usernameShape && !usernameShape.form.test(username))
    return found('USERNAME_FORM', 'SMTP_USERNAME', usernameShape.words);
  if (oneToken?.test(username) && password !== username)
    return found(
      'PASSWORD_FORM',
      'SMTP_PASSWORD',
      `${preset.provider} wants the same token in both settings.`,
    );
  // White space around it has a warning of its own.
  const bare = password.trim();
  if (!passwordShape || passwordShape.form.test(bare)) return [];
  const mistaken = passwordShape.mistaken?.find(({ form }) => form.test(bare));
  const why = [mistaken?.words, passwordShape.words].filter(Boolean).join(' ');
  return found('PASSWORD_FORM', 'SMTP_PASSWORD', why);
}
