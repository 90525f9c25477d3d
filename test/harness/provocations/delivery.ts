import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Finding } from '#doctor';
import type { Zone } from '../dns-server.js';
import type { Env, Laboratory, SetUp } from '../doctor.js';
import { testAuthority } from '../smtp-server.js';
import type { Provocation } from './provocation.js';

const user = { user: 'someone@acme.test', pass: 'Correct-Horse-7' };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass };

const strangers = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });

const keyRecord = (key: KeyObject): string =>
  `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`;

/** Settings that sign every mail for a domain. */
const signing = (lab: Laboratory, domain: string, selector = 'mail'): Env => ({
  SMTP_DKIM_DOMAIN: domain,
  SMTP_DKIM_SELECTOR: selector,
  SMTP_DKIM_KEY_FILE: lab.file(
    'dkim.pem',
    ours.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ),
});

/** What receivers look up about a sender, at a server that takes the mail. */
const lookedUp =
  (host: string, zone: Zone, more: Env | ((lab: Laboratory) => Env) = {}) =>
  async (lab: Laboratory): Promise<SetUp> => {
    const certificate = testAuthority().issue([host]);
    const server = await lab.smtp({ tls: 'starttls', auth: user, certificate });
    const names = (await lab.dns({ [host]: { A: ['127.0.0.1'] }, ...zone })).names();
    const given = typeof more === 'function' ? more(lab) : more;
    const env = lab.settings(server.port, { ...credentials, SMTP_HOST: host, ...given });
    return { env, options: { names } };
  };

/** A domain that has everything but what `more` says otherwise. */
const inOrder = (spf: readonly string[], dmarc = 'v=DMARC1; p=reject', more: Zone = {}): Zone => ({
  'sender.test': { TXT: spf, MX: ['mx.sender.test'] },
  '_dmarc.sender.test': { TXT: [dmarc] },
  ...more,
});

const OWN_SPF = ['v=spf1 a:mail.acme.test -all'];
const OWN = 'mail.acme.test';
const SENDGRID = 'smtp.sendgrid.net';
const MICROSOFT = 'smtp.office365.com';
const GOOGLE = 'smtp.gmail.com';

/** A warning, and nothing else; mail goes out all the same. */
function warned(
  cause: Provocation['cause'],
  how: string,
  setUp: Provocation['setUp'],
  check: (finding: Finding) => void = () => {},
): Provocation {
  return {
    cause,
    how,
    setUp,
    fix: 'unproven',
    warning: true,
    also: ({ findings: [finding, ...others], ok, exitCode }) => {
      expect([ok, exitCode, others.map(({ code }) => code)]).toEqual([true, 0, []]);
      if (finding) check(finding);
    },
  };
}

const spf: Provocation[] = [
  warned('SPF_MISSING', 'no SPF record, DMARC p=reject', lookedUp(OWN, inOrder([]))),
  warned(
    'SPF_DUPLICATE',
    'two SPF records',
    lookedUp(OWN, inOrder(['v=spf1 mx -all', 'v=spf1 include:x.test ~all'])),
  ),
  {
    // without a key of the provider's there is more to say than this
    ...warned(
      'SPF_EXCLUDES_RELAY',
      'the record does not name the provider',
      lookedUp(SENDGRID, inOrder(['v=spf1 include:_spf.google.com ~all'])),
    ),
    also: ({ findings }) =>
      expect(findings.map(({ code }) => code)).toEqual(['SPF_EXCLUDES_RELAY', 'DKIM_KEY_MISSING']),
  },
  warned(
    'SPF_EXCLUDES_RELAY',
    'neither the record nor what it includes names the provider',
    lookedUp(
      MICROSOFT,
      inOrder(['v=spf1 include:spf.sender.test -all'], undefined, {
        'spf.sender.test': { TXT: ['v=spf1 ip4:192.0.2.0/24 include:_spf.google.com -all'] },
        '_spf.google.com': { TXT: ['v=spf1 ip4:198.51.100.0/24 ~all'] },
        'selector1._domainkey.sender.test': { TXT: [keyRecord(strangers.publicKey)] },
      }),
    ),
  ),
  warned(
    'SPF_MISSING',
    'the domain of the return path has no SPF record, the sender’s has',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, undefined, { 'bounces.sender.test': { MX: ['mx.sender.test'] } }),
      { SMTP_RETURN_PATH: 'b@bounces.sender.test' },
    ),
    ({ title, settings }) => {
      expect(title).toBe('bounces.sender.test has no SPF record');
      expect(settings).toEqual(['SMTP_RETURN_PATH']);
    },
  ),
];

const noMail: Provocation[] = [
  warned(
    'SENDER_DOMAIN_UNKNOWN',
    'the domain of the sender has no MX record and no address',
    lookedUp(OWN, { 'sender.test': { TXT: OWN_SPF } }),
  ),
  warned(
    'SENDER_DOMAIN_UNKNOWN',
    'the domain of the sender says that it takes no mail (null MX)',
    lookedUp(OWN, { 'sender.test': { TXT: OWN_SPF, MX: [''], A: ['127.0.0.1'] } }),
  ),
];

const keys: Provocation[] = [
  warned(
    'DKIM_KEY_MISSING',
    'DNS has no key of the selector that mails are signed with',
    lookedUp(
      OWN,
      {
        'sender.test': { TXT: OWN_SPF, MX: ['mx.sender.test'] },
        // of the selector before: the domain signs, and not with this key
        'old._domainkey.sender.test': { TXT: [keyRecord(ours.publicKey)] },
      },
      (lab) => signing(lab, 'sender.test', 'new'),
    ),
    ({ title, settings, fix, evidence }) => {
      // nothing was refused yet, and DMARC may not even be in use
      expect(title).toBe(
        'DNS has no key at new._domainkey.sender.test, so that the DKIM signature of no mail can be verified',
      );
      expect(settings).toEqual(['SMTP_DKIM_SELECTOR', 'SMTP_DKIM_DOMAIN']);
      expect(fix.steps[0]).toMatch(/^DNS, new\._domainkey\.sender\.test, TXT: v=DKIM1; k=rsa; p=/);
      expect(evidence.at(-1)?.text).toBe('DMARC of sender.test: none');
    },
  ),
  warned(
    'DKIM_KEY_MISSING',
    'the key that mails are signed with was revoked',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, undefined, { 'mail._domainkey.sender.test': { TXT: ['v=DKIM1; p='] } }),
      (lab) => signing(lab, 'sender.test'),
    ),
  ),
  warned(
    'DKIM_KEY_MISSING',
    'DNS has the key of another private key',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, undefined, {
        'mail._domainkey.sender.test': { TXT: [keyRecord(strangers.publicKey)] },
      }),
      (lab) => signing(lab, 'sender.test'),
    ),
    ({ title, confidence }) => {
      expect(title).toMatch(
        /^The key at mail\._domainkey\.sender\.test is not the public half of /,
      );
      expect(confidence).toBe('certain');
    },
  ),
  warned(
    'DKIM_KEY_MISSING',
    'no key at s1, s2 or m1 of SendGrid, no DMARC',
    lookedUp(SENDGRID, {
      'sender.test': { TXT: ['v=spf1 include:sendgrid.net ~all'], MX: ['mx.sender.test'] },
    }),
    ({ title, confidence, fix, settings, docs }) => {
      expect(title).toBe(
        'sender.test has no DKIM key where SendGrid mostly has one, so that mail is probably not signed for it',
      );
      expect(confidence).toBe('likely');
      expect(fix.steps[0]).toContain(
        'CNAME at s1._domainkey.sender.test and s2._domainkey.sender.test',
      );
      expect(settings).toEqual(['SMTP_SENDER']);
      expect(docs[0]).toContain('twilio.com');
    },
  ),
  warned(
    'DKIM_KEY_MISSING',
    'DKIM of Microsoft 365 is not switched on for the domain',
    lookedUp(MICROSOFT, inOrder(['v=spf1 include:spf.protection.outlook.com -all'])),
    ({ fix }) =>
      expect(fix.steps[0]).toContain('CNAME at selector1._domainkey.sender.test and selector2'),
  ),
  warned(
    'DKIM_KEY_MISSING',
    'no key at google, where another record answers for every name',
    lookedUp(
      GOOGLE,
      inOrder(['v=spf1 include:_spf.google.com ~all'], undefined, {
        'google._domainkey.sender.test': { TXT: ['v=spf1 -all'] },
      }),
    ),
  ),
];

const elsewhere = { 'bounces.test': { TXT: OWN_SPF, MX: ['mx.bounces.test'] } };

const alignment: Provocation[] = [
  warned(
    'DMARC_NOT_ALIGNED',
    'the return path is of another domain, DMARC p=quarantine',
    lookedUp(OWN, inOrder(OWN_SPF, 'v=DMARC1; p=quarantine', elsewhere), {
      SMTP_RETURN_PATH: 'b@bounces.test',
    }),
    ({ title, settings }) => {
      expect(title).toBe(
        'The return path (bounces.test) is not of sender.test, as its DMARC policy (quarantine) wants',
      );
      expect(settings).toEqual(['SMTP_RETURN_PATH']);
    },
  ),
  warned(
    'DMARC_NOT_ALIGNED',
    'a return path below the sender’s domain, and aspf=s',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, 'v=DMARC1; p=reject; aspf=s', {
        'b.sender.test': { TXT: OWN_SPF, MX: ['mx.sender.test'] },
      }),
      { SMTP_RETURN_PATH: 'b@b.sender.test' },
    ),
  ),
  warned(
    'DMARC_NOT_ALIGNED',
    'signed for another domain',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, undefined, {
        'mail._domainkey.acme.example': { TXT: [keyRecord(ours.publicKey)] },
      }),
      (lab) => signing(lab, 'acme.example'),
    ),
    ({ settings }) => expect(settings).toEqual(['SMTP_DKIM_DOMAIN']),
  ),
  warned(
    'DMARC_NOT_ALIGNED',
    'return path and signature of other domains, by the policy for subdomains',
    lookedUp(
      OWN,
      {
        ...inOrder(OWN_SPF, 'v=DMARC1; p=none; sp=reject', elsewhere),
        'app.sender.test': { TXT: OWN_SPF, MX: ['mx.sender.test'] },
        'mail._domainkey.acme.example': { TXT: [keyRecord(ours.publicKey)] },
      },
      (lab) => ({
        ...signing(lab, 'acme.example'),
        SMTP_SENDER: 'noreply@app.sender.test',
        SMTP_RETURN_PATH: 'b@bounces.test',
      }),
    ),
    ({ title, settings, evidence }) => {
      expect(title).toBe(
        'Neither the return path (bounces.test) nor the DKIM signature (acme.example) is of app.sender.test, as its DMARC policy (reject) wants',
      );
      expect(settings).toEqual(['SMTP_RETURN_PATH', 'SMTP_DKIM_DOMAIN']);
      expect(evidence.map(({ text }) => text)).toEqual([
        'DMARC of app.sender.test: p=reject, by the record of sender.test',
        'SPF has to be aligned, relaxed',
        'DKIM has to be aligned, relaxed',
      ]);
    },
  ),
];

/** What is looked up about a sender where all is well: no finding. */
export const deliverable: readonly (readonly [string, Provocation['setUp']])[] = [
  ['a server of one’s own', lookedUp(OWN, inOrder(OWN_SPF))],
  [
    'a sender whose domain has an address and no MX',
    lookedUp(OWN, { 'sender.test': { TXT: OWN_SPF, A: ['127.0.0.1'] } }),
  ],
  [
    'our own signature, the key split and with blanks',
    lookedUp(
      OWN,
      inOrder(OWN_SPF, undefined, {
        'mail._domainkey.sender.test': {
          TXT: [
            keyRecord(ours.publicKey)
              .replace('p=', 'p= ')
              .replace(/(.{120})/, '$1 '),
          ],
        },
      }),
      (lab) => signing(lab, 'sender.test'),
    ),
  ],
  [
    'SendGrid with its keys, and no word of it in SPF: the return path is its own',
    lookedUp(
      SENDGRID,
      inOrder(['v=spf1 mx -all'], undefined, {
        's1._domainkey.sender.test': { TXT: ['k=rsa; t=s; p=MIGfMA0'] },
      }),
    ),
  ],
  [
    'Microsoft 365, a sender below the domain that is signed for, SPF two includes away',
    lookedUp(
      MICROSOFT,
      {
        'app.sender.test': { TXT: ['v=spf1 include:spf.sender.test -all'], MX: ['mx.sender.test'] },
        'spf.sender.test': { TXT: ['v=spf1 redirect=all.sender.test'] },
        'all.sender.test': { TXT: ['v=spf1 include:spf.protection.outlook.com -all'] },
        'selector2._domainkey.sender.test': { TXT: ['v=DKIM1; k=rsa; p=MIIB'] },
      },
      { SMTP_SENDER: 'noreply@app.sender.test' },
    ),
  ],
  [
    'Fastmail, two of its three keys still empty',
    lookedUp(
      'smtp.fastmail.com',
      inOrder(['v=spf1 include:spf.messagingengine.com ?all'], undefined, {
        'fm1._domainkey.sender.test': { TXT: ['v=DKIM1; k=rsa; n=Intentionally_blank; p='] },
        'fm2._domainkey.sender.test': { TXT: ['v=DKIM1; k=rsa; p=MIIB'] },
        'fm3._domainkey.sender.test': { TXT: ['v=DKIM1; k=rsa; p='] },
      }),
    ),
  ],
  [
    'an address of Gmail at Gmail, whose selectors are dates',
    lookedUp(
      GOOGLE,
      {
        'gmail.com': { TXT: ['v=spf1 redirect=_spf.google.com'], MX: ['mx.gmail.com'] },
        '_dmarc.gmail.com': { TXT: ['v=DMARC1; p=none; sp=quarantine'] },
      },
      { SMTP_SENDER: 'someone@gmail.com' },
    ),
  ],
  [
    'an address of the tenant itself at Microsoft 365',
    lookedUp(
      MICROSOFT,
      {
        'acme.onmicrosoft.com': {
          TXT: ['v=spf1 include:spf.protection.outlook.com -all'],
          MX: ['acme.mail.protection.outlook.com'],
        },
      },
      { SMTP_SENDER: 'noreply@acme.onmicrosoft.com' },
    ),
  ],
  [
    'SendGrid without keys, and our own signature',
    lookedUp(
      SENDGRID,
      inOrder(['v=spf1 include:sendgrid.net ~all'], undefined, {
        'mail._domainkey.sender.test': { TXT: [keyRecord(ours.publicKey)] },
      }),
      (lab) => signing(lab, 'sender.test'),
    ),
  ],
  [
    'Amazon SES, whose selectors are random',
    lookedUp('email-smtp.eu-west-1.amazonaws.com', inOrder(['v=spf1 include:amazonses.com ~all'])),
  ],
  [
    'a provider that signs, and a name server that does not say with what',
    lookedUp(
      SENDGRID,
      inOrder(['v=spf1 include:sendgrid.net ~all'], undefined, {
        's2._domainkey.sender.test': { fault: 'SERVFAIL' },
      }),
    ),
  ],
  [
    'a return path below another of the organization',
    lookedUp(
      OWN,
      {
        ...inOrder(OWN_SPF),
        'app.sender.test': { TXT: OWN_SPF, MX: ['mx.sender.test'] },
        'b.sender.test': { TXT: OWN_SPF, MX: ['mx.sender.test'] },
      },
      { SMTP_SENDER: 'noreply@app.sender.test', SMTP_RETURN_PATH: 'b@b.sender.test' },
    ),
  ],
  [
    'a return path elsewhere, and a signature of the sender’s domain',
    lookedUp(
      OWN,
      inOrder([], undefined, {
        ...elsewhere,
        'mail._domainkey.sender.test': { TXT: [keyRecord(ours.publicKey)] },
      }),
      (lab) => ({ ...signing(lab, 'sender.test'), SMTP_RETURN_PATH: 'b@bounces.test' }),
    ),
  ],
  [
    'a return path elsewhere, and DMARC that asks for nothing',
    lookedUp(OWN, inOrder([], 'v=DMARC1; p=none', elsewhere), {
      SMTP_RETURN_PATH: 'b@bounces.test',
    }),
  ],
];

export const deliveryProvocations = [...spf, ...noMail, ...keys, ...alignment];
