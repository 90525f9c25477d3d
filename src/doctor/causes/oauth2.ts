import { byHand, causesOf, correct, perhaps, write } from '../cause.js';

const errors = 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2';
const microsoft =
  'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission';
const google = 'https://support.google.com/a/answer/176600';

/** Getting an access token, and the mail server taking it. */
export const oauth2Causes = causesOf('auth', {
  OAUTH_INVALID_CLIENT: {
    settings: ['SMTP_OAUTH2_CLIENT_ID', 'SMTP_OAUTH2_CLIENT_SECRET'],
    title: 'The token endpoint does not accept this client id and secret',
    explanation:
      'The provider does not know the application, or the secret does not belong to it, or the application may not use this grant. Copy id and secret once more from the page of the application into SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET, and check that SMTP_OAUTH2_GRANT is one that it allows.',
    help: correct(
      'copy id and secret once more',
      'Copy both from the page of the application at the provider.',
      'Check that SMTP_OAUTH2_GRANT is one that the application allows.',
    ),
    docs: [errors],
  },
  OAUTH_SECRET_EXPIRED: {
    settings: ['SMTP_OAUTH2_CLIENT_SECRET'],
    title: 'The client secret of the application has expired',
    explanation:
      'Secrets of applications have an end, at Microsoft after two years at most (AADSTS7000222). Make a new secret on the page of the application, write it as SMTP_OAUTH2_CLIENT_SECRET, and note the day it ends.',
    help: correct(
      'make a new secret',
      'Entra, App registrations, the application, Certificates & secrets: new client secret.',
      'Write its value as SMTP_OAUTH2_CLIENT_SECRET.',
    ),
    docs: [errors],
  },
  OAUTH_SECRET_WRONG: {
    settings: ['SMTP_OAUTH2_CLIENT_SECRET'],
    title: 'SMTP_OAUTH2_CLIENT_SECRET is not the secret; probably it is its id',
    explanation:
      'Entra lists a secret with two columns, “Value” and “Secret ID”, and the second one looks like a secret too (AADSTS7000215). The value is shown once, when it is made. Write what the column “Value” shows, or make a new secret if it is gone.',
    help: correct(
      'use the value, not the id',
      'Write the column “Value” as SMTP_OAUTH2_CLIENT_SECRET; make a new secret if it is hidden.',
    ),
    docs: [errors],
  },
  OAUTH_REFRESH_EXPIRED: {
    settings: ['SMTP_OAUTH2_REFRESH_TOKEN'],
    title: 'The refresh token has expired or was revoked: somebody has to consent again',
    explanation:
      'A refresh token ends when the password changes, when it is not used for months, when consent is withdrawn, and at Google after 7 days while the consent screen is in “Testing”. Run “gatepost oauth2 authorize” and consent again. At Google, publish the application first.',
    help: byHand(
      'consent again',
      'Google: set the publishing status of the consent screen to “In production”.',
      'Run “gatepost oauth2 authorize” and consent with the mailbox that sends.',
    ),
    docs: [errors, google],
  },
  OAUTH_WRONG_TENANT: {
    settings: ['SMTP_OAUTH2_TOKEN_URL'],
    title: 'The tenant in SMTP_OAUTH2_TOKEN_URL is not the one of the application',
    explanation:
      'The address of the token endpoint names a tenant, and the application or the user is in another one, or in another cloud. Write SMTP_OAUTH2_TOKEN_URL=https://login.microsoftonline.com/TENANT-ID/oauth2/v2.0/token with the “Directory (tenant) ID” on the page of the application.',
    help: correct(
      'name the right tenant',
      'Copy “Directory (tenant) ID” from the page of the application.',
      'Write SMTP_OAUTH2_TOKEN_URL=https://login.microsoftonline.com/TENANT-ID/oauth2/v2.0/token.',
    ),
    docs: [microsoft],
  },
  OAUTH_WRONG_SCOPE: {
    settings: ['SMTP_OAUTH2_SCOPE'],
    title: 'The provider does not know the scope in SMTP_OAUTH2_SCOPE',
    explanation:
      'A scope is spelled exactly, and a blank or a swapped letter makes another one. Microsoft wants https://outlook.office.com/SMTP.Send where a person consented and https://outlook.office365.com/.default for an application; Google wants https://mail.google.com/. Write the one that fits SMTP_OAUTH2_GRANT.',
    help: ({ host }) => {
      if (/(?:^|\.)g(?:oogle)?mail\.com$/.test(host))
        return write('use the scope of Google', { SMTP_OAUTH2_SCOPE: 'https://mail.google.com/' });
      return perhaps(
        correct(
          'write the scope of the provider',
          'Microsoft, a person consents: SMTP_OAUTH2_SCOPE=https://outlook.office.com/SMTP.Send',
          'Microsoft, application: SMTP_OAUTH2_SCOPE=https://outlook.office365.com/.default',
          'Google: SMTP_OAUTH2_SCOPE=https://mail.google.com/',
        ),
      );
    },
    docs: [microsoft, google],
  },
  OAUTH_CONSENT: {
    settings: [],
    title: 'Nobody has consented to what the application asks for',
    explanation:
      'The application wants a permission, and neither the user nor an administrator has granted it. No SMTP_* setting is wrong. Have an administrator grant consent on the page of the application (Entra: API permissions, “Grant admin consent”), or run “gatepost oauth2 authorize” and consent yourself.',
    help: byHand(
      'grant consent',
      'Entra: App registrations, the application, API permissions, “Grant admin consent”.',
      'Or run “gatepost oauth2 authorize” and consent as the mailbox that sends.',
    ),
    docs: [microsoft],
  },
  OAUTH_CLOCK_SKEW: {
    settings: [],
    title: 'The clock of this machine is too far off for a signed token request',
    explanation:
      'The request is signed with the time, and the provider takes it for some minutes only. By its answer the clock here is wrong. Set the clock and switch NTP on.',
    help: byHand('set the clock', 'Compare date -u with the real time and switch NTP on.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc7523#section-3'],
  },
  OAUTH_ENDPOINT_NOT_JSON: {
    settings: ['SMTP_OAUTH2_TOKEN_URL'],
    title: 'SMTP_OAUTH2_TOKEN_URL answers with something else than a token',
    explanation:
      'A token endpoint answers in JSON, and what came is a web page, a redirection or nothing. Often the address is that of the consent page, or an old version. Copy the token endpoint from the documentation of the provider; it mostly ends in /token.',
    help: correct(
      'name the token endpoint',
      'Microsoft: https://login.microsoftonline.com/TENANT-ID/oauth2/v2.0/token',
      'Google: https://oauth2.googleapis.com/token',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6749#section-5.1'],
  },
  OAUTH_TOKEN_REFUSED: {
    settings: ['SMTP_USERNAME', 'SMTP_OAUTH2_SCOPE'],
    title: ({ host, username }) =>
      `${host} refuses the access token${username ? ` for ${username}` : ''}`,
    explanation:
      'The provider issued a token and the mail server does not take it: it is for another service (audience or scope), for another mailbox than SMTP_USERNAME, or the application may not use this mailbox. Check that SMTP_USERNAME is the mailbox that consented and that SMTP_OAUTH2_SCOPE is the one for SMTP. At Microsoft also check that SMTP AUTH is on, and for an application that its service principal has the mailbox.',
    help: correct(
      'make token and mailbox fit',
      'Write SMTP_USERNAME=… with the address of the mailbox that consented.',
      'Check SMTP_OAUTH2_SCOPE: SMTP.Send, SMTP.SendAsApp by .default, or https://mail.google.com/.',
      'Microsoft application: New-ServicePrincipal, then Add-MailboxPermission for the mailbox.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2', microsoft],
  },
  OAUTH_STATIC_TOKEN_EXPIRED: {
    settings: ['SMTP_OAUTH2_REFRESH_TOKEN', 'SMTP_PASSWORD'],
    title: 'A fixed access token was given, and it has expired',
    explanation:
      'An access token lives about an hour and cannot be renewed by itself, so that it works when it is tried and fails later. Remove it and give what lasts: SMTP_OAUTH2_REFRESH_TOKEN, which “gatepost oauth2 authorize” stores for you, or a grant without a person.',
    help: byHand(
      'give something that lasts',
      'Run “gatepost oauth2 authorize”, or write SMTP_OAUTH2_REFRESH_TOKEN=….',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6749#section-1.5'],
  },
});
