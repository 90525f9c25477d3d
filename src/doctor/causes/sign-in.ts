import { byHand, causesOf, correct, perhaps, providerOf, type Situation, write } from '../cause.js';

const auth = 'https://www.rfc-editor.org/rfc/rfc4954';

const offeredBy = ({ offered }: Situation): string =>
  offered && offered.length > 0 ? ` (${offered.join(', ')})` : '';
const user = ({ username }: Situation): string => (username ? ` for ${username}` : '');

/** Signing in with a password, at any server. */
export const signInCauses = causesOf('auth', {
  AUTH_NOT_OFFERED: {
    settings: ['SMTP_PORT', 'SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: ({ host, port }) => `${host} offers no sign-in on port ${port}, and credentials are set`,
    explanation:
      'The server lists no AUTH here. Many programs then skip the sign-in without a word and are refused at the first recipient. Write the submission port, 587 or 465, into SMTP_PORT; if the server knows this machine by its address, remove SMTP_USERNAME and SMTP_PASSWORD.',
    help: ({ port }) =>
      port === 25
        ? write('use the submission port', { SMTP_PORT: '587' })
        : {
            applicability: 'guess',
            summary: 'do without sign-in, if the server knows this machine by its address',
            unset: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
            steps: ['Otherwise use the submission port of the provider, 587 or 465.'],
          },
    docs: [auth],
  },
  AUTH_REQUIRED: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: ({ host }) => `${host} wants a sign-in, and none was made`,
    explanation:
      'The server takes mail only from who has signed in. Set SMTP_USERNAME and SMTP_PASSWORD (or SMTP_OAUTH2_*), and leave SMTP_AUTH_METHOD at auto.',
    help: correct('sign in', 'Write SMTP_USERNAME=… and SMTP_PASSWORD=… with your account there.'),
    docs: [`${auth}#section-6`],
  },
  AUTH_BAD_CREDENTIALS: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: (situation) =>
      `${providerOf(situation)} refuses user name or password${user(situation)}`,
    explanation:
      'The server checked the sign-in and said no; it does not say which of the two is wrong. Many providers want a password made for programs, or a key, and not the one of the web page. Check SMTP_USERNAME letter by letter, then make a new password or key at the provider and write it into SMTP_PASSWORD.',
    help: correct(
      'correct user name or password',
      'Check SMTP_USERNAME against the page of the provider: often it is the full address.',
      'Make a new password or key at the provider and write it as SMTP_PASSWORD.',
    ),
    docs: [`${auth}#section-6`],
  },
  USERNAME_FORM: {
    settings: ['SMTP_USERNAME'],
    title: (situation) =>
      `The user name${situation.username ? ` ${situation.username}` : ''} is not of the form known from ${providerOf(situation)}`,
    explanation:
      'Some servers want the full mail address as user name, some only the part before the @, and some one fixed word for everybody. The server, or the page of the provider, says that this one has the wrong form. Write SMTP_USERNAME as the provider writes it, mostly user@domain.',
    help: ({ username, sender }) => {
      const domain = sender?.split('@')[1];
      return username && domain && !username.includes('@')
        ? perhaps(write('add the domain', { SMTP_USERNAME: `${username}@${domain}` }))
        : perhaps(
            correct(
              'write the user name as the provider does',
              'Write SMTP_USERNAME=user@your-domain, or the word that the provider gives.',
            ),
          );
    },
  },
  APP_PASSWORD: {
    settings: ['SMTP_PASSWORD'],
    title: (situation) =>
      `${providerOf(situation)} takes an app password, not the password of the account`,
    explanation:
      'The provider keeps the password of the account for people in a browser and makes another one for each program: app password, app-specific password or authorization code. Make one in the security settings of the account (mostly 2-step verification has to be on) and write it into SMTP_PASSWORD.',
    help: correct(
      'make an app password',
      'Switch on 2-step verification for the account, if it is off.',
      'Make an app password (or authorization code) in its security settings.',
      'Write it as SMTP_PASSWORD.',
    ),
    docs: [
      'https://guide.worksmobile.com/en/settings/settings-guide/security/3rd-party-app-password/',
    ],
  },
  AUTH_MECH_OAUTH2_ONLY: {
    settings: ['SMTP_AUTH_METHOD', 'SMTP_OAUTH2_TOKEN_URL', 'SMTP_OAUTH2_CLIENT_ID'],
    title: (situation) => `${providerOf(situation)} takes no passwords, only OAuth2`,
    explanation:
      'The server offers XOAUTH2 or OAUTHBEARER and nothing that a password could be used with. Register an application at the provider, set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET, and run “gatepost oauth2 authorize” to consent.',
    help: correct(
      'sign in with OAuth2',
      'Register an application at the provider and set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET.',
      'Run “gatepost oauth2 authorize” and consent.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc7628'],
  },
  AUTH_MECH_NTLM_ONLY: {
    settings: ['SMTP_AUTH_METHOD', 'SMTP_NTLM_DOMAIN'],
    title: (situation) => `${providerOf(situation)} offers only the sign-in of Windows (NTLM)`,
    explanation:
      'Exchange offers NTLM and GSSAPI alone while Basic authentication is off on the receive connector. Write SMTP_AUTH_METHOD=ntlm and the Windows domain into SMTP_NTLM_DOMAIN, or enable Basic authentication after TLS on the connector.',
    help: write(
      'sign in with NTLM',
      { SMTP_AUTH_METHOD: 'ntlm' },
      'Write SMTP_NTLM_DOMAIN=… with the Windows domain of the user.',
    ),
  },
  AUTH_MECH_NO_OAUTH2: {
    settings: ['SMTP_AUTH_METHOD', 'SMTP_PASSWORD'],
    title: (situation) =>
      `OAuth2 is configured, and ${providerOf(situation)} takes only passwords${offeredBy(situation)}`,
    explanation:
      'The server offers neither XOAUTH2 nor OAUTHBEARER, so that an access token is of no use here. Remove the SMTP_OAUTH2_* settings and set SMTP_USERNAME and SMTP_PASSWORD, or write the host of the provider the token is for into SMTP_HOST.',
    help: {
      applicability: 'likely',
      summary: 'sign in with a password',
      unset: [
        'SMTP_OAUTH2_TOKEN_URL',
        'SMTP_OAUTH2_CLIENT_ID',
        'SMTP_OAUTH2_CLIENT_SECRET',
        'SMTP_OAUTH2_SCOPE',
        'SMTP_OAUTH2_REFRESH_TOKEN',
        'SMTP_OAUTH2_GRANT',
        'SMTP_OAUTH2_SERVICE_KEY_FILE',
      ],
      steps: ['Write SMTP_PASSWORD=… with the password, app password or key of the provider.'],
    },
    docs: ['https://www.rfc-editor.org/rfc/rfc7628'],
  },
  AUTH_MECH_UNSUPPORTED: {
    settings: ['SMTP_AUTH_METHOD'],
    title: (situation) =>
      `${providerOf(situation)} offers only sign-in methods that Gatepost does not speak${offeredBy(situation)}`,
    explanation:
      'Gatepost speaks PLAIN, LOGIN, CRAM-MD5, NTLM, XOAUTH2 and OAUTHBEARER. The server offers none of them here; some offer more after STARTTLS. Check that TLS is used, and enable PLAIN or LOGIN over TLS on the server.',
    help: byHand(
      'enable a method on the server',
      'Enable PLAIN or LOGIN over TLS (Dovecot: auth_mechanisms = plain login).',
    ),
    docs: [auth],
  },
  AUTH_MECH_CRAM_FAILS: {
    settings: ['SMTP_AUTH_METHOD'],
    title: ({ host }) => `${host} offers CRAM-MD5 and cannot check it`,
    explanation:
      'CRAM-MD5 needs the password itself at the server, and servers keep only a hash of it; some offer the method all the same. Write SMTP_AUTH_METHOD=plain, which over TLS is as safe and needs no more than the hash; the server has to offer PLAIN for that.',
    help: write(
      'sign in with PLAIN over TLS',
      { SMTP_AUTH_METHOD: 'plain' },
      'If the server does not offer PLAIN, enable it over TLS.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc2195'],
  },
  AUTH_PLAIN_BROKEN: {
    settings: ['SMTP_AUTH_METHOD'],
    title: ({ host }) => `${host} offers PLAIN and refuses it, and takes LOGIN`,
    explanation:
      'The same user name and password were refused with PLAIN and taken with LOGIN, so the fault is in the server. Write SMTP_AUTH_METHOD=login; over TLS it is as safe.',
    help: write('sign in with LOGIN', { SMTP_AUTH_METHOD: 'login' }),
    docs: [auth],
  },
  NTLM_DOMAIN: {
    settings: ['SMTP_USERNAME', 'SMTP_NTLM_DOMAIN'],
    title: ({ host }) => `${host} refuses the Windows domain of the user`,
    explanation:
      'With NTLM the user name and the Windows domain are two things, and DOMAIN\\user in one setting is taken for a name. Write the user alone into SMTP_USERNAME and the domain into SMTP_NTLM_DOMAIN.',
    help: ({ username }) => {
      const [, domain, name] = /^([^\\/@]+)[\\/](.+)$/.exec(username ?? '') ?? [];
      return domain && name
        ? write('write user and domain apart', { SMTP_USERNAME: name, SMTP_NTLM_DOMAIN: domain })
        : correct(
            'write user and domain apart',
            'Write SMTP_USERNAME=user and SMTP_NTLM_DOMAIN=DOMAIN.',
          );
    },
  },
  IP_NOT_ALLOWED: {
    settings: [],
    title: (situation) =>
      `${providerOf(situation)} takes this account only from listed IP addresses`,
    explanation:
      'The provider keeps a list of addresses from which an account may sign in, and this machine is not on it. No SMTP_* setting is wrong. Add the public address of this machine in the console of the provider, or switch the list off there.',
    help: byHand(
      'add the address of this machine',
      'The reply often names the address that it saw.',
      'Add it in the security settings of the provider (“authorized IPs”), or switch the list off.',
    ),
    docs: ['https://help.brevo.com/hc/en-us/articles/7924908994450'],
  },
  ACCOUNT_SUSPENDED: {
    settings: [],
    title: (situation) => `The account at ${providerOf(situation)} is suspended or not yet active`,
    explanation:
      'The sign-in data may be right; the provider does not let this account send. New accounts are often checked by hand first, and others are stopped for bounces, complaints or unpaid bills. Sign in to the console of the provider, which says why, or ask its support.',
    help: byHand('ask the provider', 'Sign in to its console, or write to its support.'),
  },
  AUTH_PASSWORD_TRANSITION: {
    settings: ['SMTP_AUTH_METHOD', 'SMTP_PASSWORD'],
    title: ({ host }) => `${host} wants the password to be entered anew once (432)`,
    explanation:
      'The server has changed how it keeps passwords, and needs to see this one once before other methods work (“a password transition is needed”). Sign in once over the web, or write SMTP_AUTH_METHOD=plain over TLS.',
    help: write(
      'sign in with PLAIN over TLS once',
      { SMTP_AUTH_METHOD: 'plain' },
      'Or sign in once over the web page of the provider.',
    ),
    docs: [`${auth}#section-6`],
  },
  AUTH_HANGUP: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: ({ host }) => `${host} hangs up during the sign-in`,
    explanation:
      'The connection ended where an answer to the sign-in was due. Servers do that after too many failures, or when the method breaks their own back end. Wait some minutes without trying, then check SMTP_USERNAME and SMTP_PASSWORD; if they are right, ask the operator.',
    help: perhaps(
      correct(
        'wait, then check the credentials',
        'Stop what tries to sign in and wait 15 minutes.',
        'Check SMTP_USERNAME and SMTP_PASSWORD, or write SMTP_AUTH_METHOD=login.',
      ),
    ),
    docs: [auth],
  },
});
