import type { ProviderPreset } from './provider-preset.js';

/** DKIM keys (RFC 6376 section 3.6) that a provider wants in the DNS of the sender's domain. */
export interface DkimRecords {
  /** Names below `_domainkey`; where the provider signs for the domain, one of them has a key. */
  readonly selectors: readonly [string, ...string[]];
  /** What is published there: the key, or where the provider keeps it. */
  readonly type: 'TXT' | 'CNAME';
  /** The page of the provider that says so. */
  readonly page: string;
}

/** What the DNS of a sender's domain says where mail of this provider is in order. */
export interface SenderRecords {
  /** What SPF includes (RFC 7208 section 5.2). */
  readonly spfInclude?: string;
  /**
   * Bounces go to a domain of the provider, or to one that was delegated to it, whatever return
   * path it is told: the sender's own SPF record then decides little, and DKIM much.
   */
  readonly ownReturnPath?: true;
  readonly dkim?: DkimRecords;
}

const google: SenderRecords = {
  spfInclude: '_spf.google.com',
  // the console proposes it; another one may be chosen
  dkim: {
    selectors: ['google'],
    type: 'TXT',
    page: 'https://support.google.com/a/answer/180504',
  },
};

const sendgrid: SenderRecords = {
  spfInclude: 'sendgrid.net',
  ownReturnPath: true,
  // m1: without “automated security”; another one may be chosen
  dkim: {
    selectors: ['s1', 's2', 'm1'],
    type: 'CNAME',
    page: 'https://www.twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication',
  },
};

const mailgun: SenderRecords = { spfInclude: 'mailgun.org' };

const zoho: SenderRecords = { spfInclude: 'zohomail.com' };

/*
 * By name of the preset, as things stood in November 2026. Selectors are here only where every
 * customer has the same or nearly so. Nothing can be asked where they are random (Amazon SES),
 * dated (Postmark, SparkPost), numbered by customer (SMTP2GO, Scaleway, OVHcloud), or chosen by
 * whoever set the domain up (Mailgun, Zoho, LINE WORKS).
 */
const byPreset: Readonly<Record<string, SenderRecords>> = {
  gmail: google,
  'google-relay': google,
  microsoft365: {
    spfInclude: 'spf.protection.outlook.com',
    dkim: {
      selectors: ['selector1', 'selector2'],
      type: 'CNAME',
      page: 'https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure',
    },
  },
  ses: { spfInclude: 'amazonses.com', ownReturnPath: true },
  sendgrid,
  'sendgrid-eu': sendgrid,
  mailgun,
  'mailgun-eu': mailgun,
  postmark: { spfInclude: 'spf.mtasv.net', ownReturnPath: true },
  mailjet: {
    spfInclude: 'spf.mailjet.com',
    ownReturnPath: true,
    dkim: {
      selectors: ['mailjet'],
      type: 'TXT',
      page: 'https://documentation.mailjet.com/hc/en-us/articles/360042412734-Authenticating-Domains-with-SPF-DKIM',
    },
  },
  brevo: {
    spfInclude: 'spf.brevo.com',
    ownReturnPath: true,
    // mail, with the key itself: domains that were set up before there were two
    dkim: {
      selectors: ['brevo1', 'brevo2', 'mail'],
      type: 'CNAME',
      page: 'https://help.brevo.com/hc/en-us/articles/12163873383186',
    },
  },
  sparkpost: { spfInclude: '_spf.sparkpostmail.com', ownReturnPath: true },
  'sparkpost-eu': { spfInclude: '_spf.eu.sparkpostmail.com', ownReturnPath: true },
  resend: {
    // its SPF record is one of a subdomain, which is its return path
    ownReturnPath: true,
    dkim: {
      selectors: ['resend'],
      type: 'TXT',
      page: 'https://resend.com/docs/dashboard/domains/introduction',
    },
  },
  mailtrap: {
    ownReturnPath: true,
    dkim: {
      selectors: ['rwmt1', 'rwmt2'],
      type: 'CNAME',
      page: 'https://docs.mailtrap.io/email-api-smtp/setup/sending-domain',
    },
  },
  smtp2go: { spfInclude: 'spf.smtp2go.com', ownReturnPath: true },
  zoho,
  fastmail: {
    spfInclude: 'spf.messagingengine.com',
    dkim: {
      selectors: ['fm1', 'fm2', 'fm3'],
      type: 'CNAME',
      page: 'https://www.fastmail.help/hc/en-us/articles/360060591153',
    },
  },
  icloud: {
    spfInclude: 'icloud.com',
    dkim: {
      selectors: ['sig1'],
      type: 'CNAME',
      page: 'https://support.apple.com/102374',
    },
  },
  ovh: { spfInclude: 'mx.ovh.com' },
};

/** What is known of the DNS records that mail of this provider needs. */
export const senderRecordsOf = ({ name }: Pick<ProviderPreset, 'name'>): SenderRecords =>
  byPreset[name.replace(/:.*$/, '')] ?? {};

/** The presets of which something is known. */
export const presetsWithRecords: readonly string[] = Object.keys(byPreset);
