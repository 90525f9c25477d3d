import { smtpSchema } from '#mailer-config';
import { settingsSchema } from '#settings';
import type { CauseClass, Situation } from './cause.js';
import { causeCodes, causeLists, causes, isCauseCode } from './causes.js';
import { exitCodeOf } from './exit-code.js';
import { findingOf } from './finding.js';
import { EXIT_CODES } from './report.js';

/** The codes that people and programs rely on, by class. They may grow, and never change. */
const published: Readonly<Record<CauseClass, string>> = {
  ok: `
    OK`,
  config: `
    HOST_HAS_SCHEME HOST_HAS_PORT HOST_WHITESPACE HOST_TRAILING_DOT HOST_IS_ADDRESS
    HOST_MISSING VALUE_QUOTED PORT_INVALID BOOLEAN_SPELLING BOTH_TLS_FLAGS CREDENTIALS_HALF
    PASSWORD_WHITESPACE PASSWORD_PERCENT_ENCODED PASSWORD_TRUNCATED PLACEHOLDER_VALUE
    PASSWORD_INVISIBLE SENDER_NOT_ADDRESS CIPHER_SPEC_INVALID OAUTH_INCOMPLETE`,
  network: `
    DNS_NXDOMAIN DNS_NO_ADDRESS DNS_SERVFAIL DNS_TIMEOUT DNS_SLOW DNS_SOME_ADDRESSES_DEAD
    DNS_WRONG_ADDRESS IPV6_UNREACHABLE CONNECTION_REFUSED CONNECTION_REFUSED_LOOPBACK
    CONNECTION_FILTERED PORT_25_BLOCKED CONNECTION_RESET CLOSED_BEFORE_GREETING
    SILENT_SERVER PROXY_FORBIDS PROXY_AUTH PROXY_UNREACHABLE GREETING_SLOW
    OAUTH_ENDPOINT_UNREACHABLE DATA_STALL DATA_HANGUP`,
  tls: `
    CLOSED_DURING_HANDSHAKE TLS_MODE_IMPLICIT_ON_PLAIN TLS_MODE_PLAIN_ON_IMPLICIT
    STARTTLS_NOT_OFFERED STARTTLS_STRIPPED STARTTLS_MASKED STARTTLS_REFUSED STARTTLS_GARBAGE
    STARTTLS_INJECTION STARTTLS_STALL STARTTLS_CLOSED STARTTLS_REQUIRED SMTP_INTERCEPTED
    TLS_INTERCEPTED NOT_TLS CERT_EXPIRED CERT_NOT_YET_VALID CERT_SELF_SIGNED CERT_UNKNOWN_CA
    CERT_CHAIN_INCOMPLETE CERT_WRONG_HOST CERT_WRONG_HOST_IP SNI_NEEDED SNI_REFUSED
    CERT_BAD_PURPOSE CERT_WEAK CLIENT_CERT_REQUIRED TLS_TOO_OLD CIPHER_SPEC_EXCLUDES
    CIPHER_TOO_OLD DH_TOO_SMALL TLS_LEGACY_RENEGOTIATION TLS_SERVER_ERROR AUTH_IN_CLEAR`,
  protocol: `
    NOT_SMTP_HTTP NOT_SMTP_IMAP NOT_SMTP_POP3 NOT_SMTP_SIEVE NOT_SMTP_SSH NOT_SMTP_FTP
    NOT_SMTP_BINARY NOT_SMTP_LMTP GREETING_REJECTED GREETING_UNTERMINATED EHLO_NAME_REJECTED
    EHLO_UNSUPPORTED EHLO_STALL`,
  limits: `
    TOO_MANY_CONNECTIONS AUTH_RATE_LIMITED AUTH_TEMPORARY GREYLISTED RATE_LIMITED
    QUOTA_EXCEEDED MESSAGE_TOO_LARGE SERVER_TEMPORARY`,
  auth: `
    AUTH_NOT_OFFERED AUTH_REQUIRED AUTH_MECH_OAUTH2_ONLY AUTH_MECH_NTLM_ONLY
    AUTH_MECH_NO_OAUTH2 AUTH_MECH_UNSUPPORTED AUTH_MECH_CRAM_FAILS AUTH_PLAIN_BROKEN
    NTLM_DOMAIN AUTH_BAD_CREDENTIALS USERNAME_FORM GMAIL_APP_PASSWORD GMAIL_WEB_LOGIN
    APP_PASSWORD M365_SMTP_AUTH_DISABLED M365_BASIC_AUTH_OFF M365_SECURITY_DEFAULTS
    M365_CONDITIONAL_ACCESS SES_CREDENTIALS SENDGRID_USERNAME SENDGRID_KEY IP_NOT_ALLOWED
    ACCOUNT_SUSPENDED AUTH_PASSWORD_TRANSITION AUTH_HANGUP OAUTH_INVALID_CLIENT
    OAUTH_SECRET_EXPIRED OAUTH_SECRET_WRONG OAUTH_REFRESH_EXPIRED OAUTH_WRONG_TENANT
    OAUTH_WRONG_SCOPE OAUTH_CONSENT OAUTH_CLOCK_SKEW OAUTH_ENDPOINT_NOT_JSON
    OAUTH_TOKEN_REFUSED OAUTH_STATIC_TOKEN_EXPIRED`,
  sender: `
    SENDER_NOT_VERIFIED SENDER_NOT_OWNED SENDER_DOMAIN_UNKNOWN SENDER_FREEMAIL
    SMTPUTF8_MISSING PROVIDER_SANDBOX PROVIDER_PERMISSION RELAY_DENIED CLIENT_RDNS
    CLIENT_BLOCKLISTED RECIPIENT_UNKNOWN`,
  delivery: `
    CONTENT_REJECTED DMARC_REJECTED SPF_MISSING SPF_EXCLUDES_RELAY SPF_DUPLICATE`,
};

/** Further codes, which the settings and delivery stages alone find. */
const further: Readonly<Partial<Record<CauseClass, string>>> = {
  config: `
    SETTING_UNKNOWN SETTING_MISSING SETTING_CONFLICT VALUE_INVALID
    VALUE_WHITESPACE VALUE_TRUNCATED FILE_UNREADABLE FILE_INVALID PRESET_CONTRADICTED
    CIPHER_SPEC_MISREAD TIMEOUT_TINY PASSWORD_FORM`,
  tls: 'TLS_INSECURE',
  delivery: 'DMARC_NOT_ALIGNED DKIM_KEY_MISSING',
};

const words = (text: string): string[] => text.trim().split(/\s+/);

const bare: Situation = { host: 'mail.acme.io', port: 587, mode: 'starttls' };
const known: Situation = {
  ...bare,
  provider: 'Acme Mail',
  address: '203.0.113.25',
  username: 'ada@acme.io',
  sender: 'noreply@acme.io',
  recipient: 'grace@acme.io',
  ehloName: 'app.acme.io',
  setting: 'SMTP_PORT',
  value: '58 7',
  openDoor: { port: 465, mode: 'implicit' },
  name: 'smtp.acme.io',
  seconds: 4.2,
  certificateNames: ['smtp.acme.io', '*.acme.io'],
  issuer: 'Acme Root',
  certificateDate: '2027-02-11',
  offered: ['PLAIN'],
  spfInclude: 'spf.acme.io',
};

const settingNames = [...Object.keys(smtpSchema.shape), ...Object.keys(settingsSchema.shape)];

/** Sentences end in a full stop before a capital; "Exchange 2.0" and "e.g." have none behind. */
const sentencesOf = (text: string): string[] => text.split(/(?<=[.:;?]) (?=[A-Z“])/);

const verbs =
  'Add Allow Ask Authorise Check Compare Copy Correct Create Decide Exempt Get Grant Have Look Lower Make Merge Name Open Publish Put Raise Read Register Remove Repair Run Save Send Set Sign Switch Tell Trust Try Type Use Verify Wait Write';

/** What tells people to act: an imperative that begins a sentence or a clause. */
const nextStep = new RegExp(
  `(?:^|[,;:] (?:and |or |then )?)(?:${words(verbs).join('|')})\\b|\\b(?:operator|administrator) (?:of the server )?(?:has to|switches)\\b`,
  'i',
);

describe('The causes', () => {
  it('are the published ones, each in its class, and no other', () => {
    for (const [ofClass, codes] of Object.entries(published)) {
      const expected = [...words(codes), ...words(further[ofClass as CauseClass] ?? '')];
      const there = causeCodes.filter((code) => causes[code].class === ofClass);
      expect(there.toSorted()).toEqual(expected.filter(Boolean).toSorted());
    }
    expect(Object.values(published).flatMap(words)).toHaveLength(149);
  });

  it('have each code once', () => {
    expect(causeLists.flatMap((list) => Object.keys(list)).toSorted()).toEqual(
      [...causeCodes].toSorted(),
    );
    expect(isCauseCode('constructor')).toBe(false);
  });
});

describe('Each cause', () => {
  it.each(causeCodes)('%s has a title that stands alone, whatever is known', (code) => {
    for (const situation of [bare, known]) {
      const title = causes[code].title(situation);
      expect(title).toMatch(/^[A-Z0-9a-z].{12,140}[^.!\s]$/);
      expect(title).not.toMatch(/undefined|null|NaN|!| {2}|\n/);
    }
  });

  it.each(causeCodes)('%s explains itself in two to six sentences, with a next step', (code) => {
    const { explanation } = causes[code];
    expect(explanation).toMatch(/^\S.*\.$/);
    expect(explanation).not.toMatch(/undefined|!| {2}|\n/);
    const sentences = sentencesOf(explanation);
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(6);
    expect(sentences.some((sentence) => nextStep.test(sentence))).toBe(true);
  });

  it.each(causeCodes)('%s says what to do', (code) => {
    for (const situation of [bare, known]) {
      const { summary, set = {}, unset = [], steps = [] } = causes[code].help(situation);
      expect(summary).toMatch(/^[a-z1-9]\S*( \S+)*[^.!\s]$|^no SMTP_/);
      const actions = [...Object.keys(set), ...unset, ...steps];
      expect(actions.length).toBeGreaterThan(0);
      expect([...steps, ...Object.values(set)].join(' ')).not.toMatch(/undefined|null|NaN|!/);
    }
  });

  it.each(causeCodes)('%s names only settings there are', (code) => {
    const cause = causes[code];
    const { set = {}, unset = [], ...said } = cause.help(known);
    for (const name of [...cause.settings, ...Object.keys(set), ...unset])
      expect(settingNames).toContain(name);
    const texts = [cause.title(known), cause.explanation, JSON.stringify(said)].join(' ');
    for (const [name] of texts.matchAll(/\bSMTP_[A-Z0-9_]*[A-Z0-9]/g))
      if (name !== 'SMTP_OAUTH2')
        expect(settingNames).toContain(name.replace(/(PORT)_FILE$/, '$1'));
  });

  it.each(causeCodes)('%s leads to official pages', (code) => {
    const hosts =
      /^https:\/\/(?:www\.rfc-editor\.org\/rfc\/rfc\d+(?:#[\w.-]+)?$|support\.google\.com\/|learn\.microsoft\.com\/|docs\.aws\.amazon\.com\/ses\/|www\.twilio\.com\/docs\/|postmarkapp\.com\/|help\.brevo\.com\/|guide\.worksmobile\.com\/)/;
    for (const page of causes[code].docs) expect(page).toMatch(hosts);
  });
});

describe('What to write', () => {
  const settings = (code: keyof typeof causes, more: Partial<Situation>) =>
    causes[code].help({ ...bare, ...more }).set;

  it.each([
    ['smtps://Mail.Acme.io:465/', { SMTP_HOST: 'mail.acme.io' }],
    ['https://mail.acme.io', { SMTP_HOST: 'mail.acme.io' }],
    ['smtp://********', undefined],
    ['smtp://mail.acme.io/a#b', undefined],
  ])('instead of the URL %s is the bare host', (value, expected) => {
    expect(settings('HOST_HAS_SCHEME', { setting: 'SMTP_HOST', value })).toEqual(expected);
  });

  it('instead of host and port in one is each in its own setting', () => {
    expect(settings('HOST_HAS_PORT', { value: 'mail.acme.io:465' })).toEqual({
      SMTP_HOST: 'mail.acme.io',
      SMTP_PORT: '465',
    });
    expect(settings('HOST_HAS_PORT', { value: 'mail.acme.io:' })).toEqual({
      SMTP_HOST: 'mail.acme.io',
    });
  });

  it('for a door is port and both TLS flags, and never both of them true', () => {
    expect(settings('CONNECTION_REFUSED', { openDoor: { port: 465, mode: 'implicit' } })).toEqual({
      SMTP_PORT: '465',
      SMTP_TLS: 'true',
      SMTP_OPPORTUNISTIC_TLS: 'false',
    });
    for (const code of causeCodes) {
      const set = causes[code].help(known).set ?? {};
      expect(set.SMTP_TLS === 'true' && set.SMTP_OPPORTUNISTIC_TLS === 'true').toBe(false);
    }
  });

  it('for a certificate is a name that a host can have', () => {
    expect(settings('CERT_WRONG_HOST', { certificateNames: ['*.acme.io', 'mx.acme.io'] })).toEqual({
      SMTP_HOST: 'mx.acme.io',
    });
    expect(settings('CERT_WRONG_HOST', { certificateNames: ['*.acme.io'] })).toBeUndefined();
  });

  it('splits a Windows domain from the user, and adds the domain to a bare user', () => {
    expect(settings('NTLM_DOMAIN', { username: 'ACME\\ada' })).toEqual({
      SMTP_USERNAME: 'ada',
      SMTP_NTLM_DOMAIN: 'ACME',
    });
    expect(settings('USERNAME_FORM', { username: 'ada', sender: 'noreply@acme.io' })).toEqual({
      SMTP_USERNAME: 'ada@acme.io',
    });
  });
});

describe('A finding', () => {
  it('has everything of the machine form', () => {
    const finding = findingOf('CIPHER_SPEC_EXCLUDES', bare, {
      stage: 'tls',
      confidence: 'certain',
      evidence: [{ kind: 'probe', text: 'works without it' }],
      fix: { applicability: 'verified' },
    });
    expect(finding).toEqual({
      code: 'CIPHER_SPEC_EXCLUDES',
      severity: 'error',
      stage: 'tls',
      confidence: 'certain',
      title: 'SMTP_CIPHER_SPEC leaves no cipher that mail.acme.io has as well',
      settings: ['SMTP_CIPHER_SPEC'],
      marks: {},
      evidence: [{ kind: 'probe', text: 'works without it' }],
      server: null,
      node: null,
      retryable: false,
      fix: {
        applicability: 'verified',
        summary: 'remove it: the usual ciphers fit',
        set: {},
        unset: ['SMTP_CIPHER_SPEC'],
        steps: [],
        alternatives: [],
      },
      docs: ['https://www.rfc-editor.org/rfc/rfc9325'],
    });
    expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
  });

  it('names nobody by a key that is used as a user name', () => {
    const title = (username: string): string =>
      findingOf(
        'AUTH_BAD_CREDENTIALS',
        { ...bare, username },
        { stage: 'auth', confidence: 'likely' },
      ).title;
    expect(title('ada@acme.io')).toBe('mail.acme.io refuses user name or password for ada@acme.io');
    expect(title('1b3e5f70-9a2c-4d6e-8f01-23456789abcd')).toBe(
      'mail.acme.io refuses user name or password',
    );
  });
});

describe('The exit code', () => {
  const error = (code: string) => ({ code, severity: 'error' as const });
  const warning = (code: string) => ({ code, severity: 'warning' as const });

  it('is the class of the first error', () => {
    const found = [warning('SPF_MISSING'), error('CERT_EXPIRED'), error('RATE_LIMITED')];
    expect(exitCodeOf(found, { strict: false })).toBe(4);
    expect(exitCodeOf(found, { strict: true })).toBe(4);
  });

  it('is good with warnings, unless they count', () => {
    expect(exitCodeOf([warning('CERT_EXPIRED')], { strict: false })).toBe(0);
    expect(exitCodeOf([warning('CERT_EXPIRED')], { strict: true })).toBe(9);
    expect(exitCodeOf([], { strict: true })).toBe(0);
  });

  it('is the failure of the doctor itself where a code is none of the causes', () => {
    expect(exitCodeOf([error('WHAT')], { strict: false })).toBe(1);
  });

  it('has one number a class, from 0 to 9', () => {
    expect(Object.entries(EXIT_CODES)).toEqual([
      ['ok', 0],
      ['doctor', 1],
      ['config', 2],
      ['network', 3],
      ['tls', 4],
      ['protocol', 5],
      ['auth', 6],
      ['sender', 7],
      ['limits', 8],
      ['delivery', 9],
    ]);
  });
});
