import { byHand, causesOf, correct, write } from '../cause.js';

const googleSetup = 'https://support.google.com/a/answer/176600';
const googleCodes = 'https://support.google.com/a/answer/3726730';
const microsoft =
  'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission';
const amazon = 'https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html';
const sendgrid =
  'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api';

const user = ({ username }: { username?: string | undefined }): string =>
  username ? ` for ${username}` : '';

/** Signing in at providers that have rules of their own. */
export const providerSignInCauses = causesOf('auth', {
  GMAIL_APP_PASSWORD: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: (situation) => `Google refused this password${user(situation)}`,
    explanation:
      'Over SMTP Google takes no password of an account, only app passwords (16 letters) or OAuth2. App passwords exist once 2-step verification is on. Make one at https://myaccount.google.com/apppasswords and write it as SMTP_PASSWORD without the blanks that Google shows. In a Workspace the administrator may forbid them; then use OAuth2.',
    help: correct(
      'make an app password',
      'Switch on 2-step verification for the account.',
      'Open https://myaccount.google.com/apppasswords and make one for this service.',
      'SMTP_PASSWORD=abcdefghijklmnop (without the blanks Google shows)',
      'Workspace account: your admin may forbid app passwords; then use OAuth2.',
    ),
    docs: [googleSetup, googleCodes],
  },
  GMAIL_WEB_LOGIN: {
    settings: ['SMTP_PASSWORD'],
    title: (situation) => `Google wants a sign-in with the browser first${user(situation)}`,
    explanation:
      'Google found something unusual about the sign-in and wants a person to confirm it in a browser. Sign in to the account once from a browser, confirm that it was you, and then use an app password as SMTP_PASSWORD.',
    help: correct(
      'sign in once with a browser',
      'Sign in to the account in a browser and confirm the alert.',
      'Make an app password and write it as SMTP_PASSWORD.',
    ),
    docs: [googleCodes],
  },
  M365_SMTP_AUTH_DISABLED: {
    settings: [],
    title: (situation) => `SMTP AUTH is switched off at Microsoft 365${user(situation)}`,
    explanation:
      'Microsoft 365 has a switch for SMTP AUTH for the whole organisation and one for each mailbox, and OAuth2 is blocked by it as well. No SMTP_* setting is wrong. An administrator switches it on for the mailbox with Set-CASMailbox -Identity USER -SmtpClientAuthenticationDisabled $false; it takes up to an hour.',
    help: ({ username }) =>
      byHand(
        'switch SMTP AUTH on for the mailbox',
        `Exchange PowerShell: Set-CASMailbox -Identity ${username ?? 'USER'} -SmtpClientAuthenticationDisabled $false`,
        'Or in the admin centre: the user, Mail, Manage email apps, Authenticated SMTP.',
      ),
    docs: [microsoft],
  },
  M365_BASIC_AUTH_OFF: {
    settings: ['SMTP_PASSWORD', 'SMTP_AUTH_METHOD'],
    title: 'Microsoft takes no passwords over SMTP, or will soon stop',
    explanation:
      'Outlook.com has refused passwords and app passwords since September 2024, and Exchange Online switches them off by default at the end of December 2026. OAuth2 stays. Register an application in Entra, set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET, and remove SMTP_PASSWORD.',
    help: {
      applicability: 'likely',
      summary: 'sign in with OAuth2',
      unset: ['SMTP_PASSWORD'],
      steps: [
        'Register an application in Entra with the permission SMTP.Send (a person consents) or SMTP.SendAsApp (no person).',
        'Set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET.',
        'Run “gatepost oauth2 authorize” where a person consents.',
      ],
    },
    docs: [microsoft],
  },
  M365_SECURITY_DEFAULTS: {
    settings: ['SMTP_PASSWORD'],
    title: 'The security defaults of Microsoft Entra block sign-in with a password',
    explanation:
      'Security defaults are on for the organisation and refuse every sign-in without a second factor, as SMTP with a password is. Use OAuth2 (SMTP_OAUTH2_*), or have an administrator replace the defaults by conditional access policies that leave this account out.',
    help: correct(
      'sign in with OAuth2',
      'Set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET.',
      'Or have an administrator use conditional access instead of security defaults.',
    ),
    docs: [microsoft],
  },
  M365_CONDITIONAL_ACCESS: {
    settings: [],
    title: (situation) => `A conditional access policy blocked the sign-in${user(situation)}`,
    explanation:
      'User name and password were right, and a policy of the organisation says that such a sign-in, or one from this place, is not let in. The sign-in log in Entra names the policy. Have an administrator exempt this account or the address of this server.',
    help: byHand(
      'have the policy exempt this server',
      'Look for the sign-in in the Entra sign-in log: it names the policy.',
      'Have the account or the address of this server exempted.',
    ),
    docs: [microsoft],
  },
  SES_CREDENTIALS: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: ({ host }) => `Amazon SES refuses the credentials at ${host}`,
    explanation:
      'SES has SMTP credentials of its own: a user name of 20 characters that begins with AKIA, and a password of 44 characters that begins with B and holds in one region. The secret key of IAM (40 characters) is not it, nor is the SMTP password of another region. Create SMTP credentials in the SES console, in the region that SMTP_HOST names, and set both.',
    help: correct(
      'create SMTP credentials in the region of SMTP_HOST',
      'SES console, the region that SMTP_HOST names, “SMTP settings”, “Create SMTP credentials”.',
      'Write both as SMTP_USERNAME and SMTP_PASSWORD.',
    ),
    docs: [amazon, 'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html'],
  },
  SENDGRID_USERNAME: {
    settings: ['SMTP_USERNAME'],
    title: 'The user name at SendGrid is the word apikey, for everybody',
    explanation:
      'SendGrid tells its customers apart by the API key, which stands in SMTP_PASSWORD; the user name is always the literal word apikey. Write SMTP_USERNAME=apikey and the key that begins with SG. as SMTP_PASSWORD.',
    help: write('use the literal user name', { SMTP_USERNAME: 'apikey' }),
    docs: [sendgrid],
  },
  SENDGRID_KEY: {
    settings: ['SMTP_PASSWORD'],
    title: 'SendGrid refuses this API key',
    explanation:
      'The key was revoked, was copied in part, belongs to another region, or lacks the permission “Mail Send”. A key is shown once and begins with SG. (69 characters). Make a new one with Mail Send in the SendGrid console and write it as SMTP_PASSWORD.',
    help: correct(
      'make a new API key',
      'SendGrid console, Settings, API Keys: create one with “Mail Send”.',
      'Write it as SMTP_PASSWORD; an EU subuser needs SMTP_HOST=smtp.eu.sendgrid.net.',
    ),
    docs: [sendgrid],
  },
});
