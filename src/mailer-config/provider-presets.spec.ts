import { dnsName, Refusal } from '#settings';
import { mailboxPresets } from './mailbox-presets.js';
import { endpointUrl, scope } from './oauth2-values.js';
import type { ProviderPreset } from './provider-preset.js';
import { presetOfHost, providerPresets, sesRegions } from './provider-presets.js';
import { presetsWithRecords, senderRecordsOf } from './sender-records.js';
import { sendingServicePresets } from './sending-service-presets.js';
import { smtpProvider } from './smtp-provider.js';
import { tlsMode } from './tls-mode.js';

const byName = providerPresets.map((preset) => [preset.name, preset] as const);

function presetOf(text: string): ProviderPreset {
  const preset = smtpProvider(text);
  if (preset instanceof Refusal) throw new Error(preset.instead('SMTP_PROVIDER'));
  return preset;
}

function refusalOf(text: string): string {
  const refusal = smtpProvider(text);
  if (!(refusal instanceof Refusal)) throw new Error(`${text} is a preset`);
  return `${refusal.why} ${refusal.instead('SMTP_PROVIDER')}`;
}

describe('Each preset', () => {
  it.each(byName)('%s has a name as people would write it', (name) => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(?:-[a-z]+)*(?::REGION)?$/);
  });

  it.each(byName)('%s names a host, and not an address', (_, { host }) => {
    const plain = host.replace('REGION', 'eu-west-1');
    expect(dnsName(plain)).toBe(plain);
  });

  it.each(byName)('%s has a port that anybody may use, with the mode it speaks', (_, preset) => {
    expect([25, 465, 587, 2465, 2500, 2525, 2587, 8465]).toContain(preset.port);
    const tls = preset.security === 'implicit-tls';
    const flags = { tls, opportunistic: undefined, port: preset.port, anyPort: false };
    expect(tlsMode(flags)).toEqual({ security: preset.security, port: preset.port });
  });

  it.each(byName)('%s leads to a page of the provider, by https', (_, { page }) => {
    const url = new URL(page);
    expect(url.protocol).toBe('https:');
    expect(url.username + url.password + url.port).toBe('');
  });

  it.each(byName)('%s says what user name and password are, and how they are used', (_, preset) => {
    const said = Object.values(preset.username).flat();
    expect(said.every((text) => text.trim() === text && text.length > 2)).toBe(true);
    expect(said.length).toBeGreaterThan(0);
    expect(preset.password.length).toBeGreaterThan(3);
    expect(preset.signIn.some((method) => ['plain', 'login'].includes(method))).toBe(true);
    expect(new Set(preset.signIn).size).toBe(preset.signIn.length);
  });

  it.each(byName)('%s tells the form of its credentials in sentences', (_, preset) => {
    for (const shape of [preset.usernameShape, preset.passwordShape])
      for (const { form, words } of shape ? [shape, ...(shape.mistaken ?? [])] : []) {
        expect(words).toMatch(/^[A-Z].*\.$/);
        expect(form.flags).not.toContain('g');
      }
  });

  it.each(byName)('%s has whole limits above zero', (_, preset) => {
    const { maxConnections, maxPerMinute, maxPerDay, maxMegabytes } = preset;
    for (const limit of [maxConnections, maxPerMinute, maxPerDay, maxMegabytes])
      if (limit !== undefined) expect(Number.isInteger(limit) && limit > 0).toBe(true);
  });

  it.each(byName)('%s takes tokens where it says who issues them, and how', (_, preset) => {
    const { oauth2, signIn } = preset;
    if (!oauth2) return;
    expect(signIn).toContain('xoauth2');
    for (const known of Object.values(oauth2.grants)) {
      expect(scope(known.scope)).toBe(known.scope);
      if (known.tokenUrl !== undefined) {
        expect(endpointUrl(known.tokenUrl)).toBe(known.tokenUrl);
        expect(oauth2.tokenHosts).toContain(new URL(known.tokenUrl).hostname);
      } else expect(oauth2.tokenUrlForm).toBeDefined();
    }
    const page = oauth2.authorizationUrl;
    if (page !== undefined) expect(endpointUrl(page)).toBe(page);
  });

  it.each(byName)('%s tells notes in sentences that fit a cell of a table', (_, preset) => {
    for (const text of [preset.note, preset.passwordsEnd])
      if (text !== undefined) expect(text).toMatch(/^[A-Z0-9][^|\n]*\.$/);
  });
});

describe('What the DNS of a sender has for a provider', () => {
  it('is known of presets there are, of every region', () => {
    const names = providerPresets.map(({ name }) => name.replace(':REGION', ''));
    expect(names).toEqual(expect.arrayContaining([...presetsWithRecords]));
    expect(senderRecordsOf(presetOf('ses:eu-west-1')).spfInclude).toBe('amazonses.com');
    expect(senderRecordsOf(presetOf('naver'))).toEqual({});
  });

  it.each(presetsWithRecords)('%s: names as DNS has them, and the page that says so', (name) => {
    const { spfInclude, dkim } = senderRecordsOf({ name });
    if (spfInclude !== undefined) expect(spfInclude).toMatch(/^[a-z0-9_-]+(?:\.[a-z0-9-]+)+$/);
    if (!dkim) return;
    for (const selector of dkim.selectors) expect(selector).toMatch(/^[a-z0-9]+$/);
    expect(new Set(dkim.selectors).size).toBe(dkim.selectors.length);
    expect(new URL(dkim.page).protocol).toBe('https:');
  });
});

describe('The presets', () => {
  it('have each name and each host once', () => {
    expect(new Set(providerPresets.map(({ name }) => name)).size).toBe(providerPresets.length);
    expect(new Set(providerPresets.map(({ host }) => host)).size).toBe(providerPresets.length);
    expect(providerPresets).toHaveLength(mailboxPresets.length + sendingServicePresets.length);
  });

  it('are found by their names in any case, and by their hosts', () => {
    for (const preset of providerPresets.filter(({ name }) => name !== 'ses:REGION')) {
      expect(presetOf(preset.name)).toBe(preset);
      expect(presetOf(preset.name.toUpperCase())).toBe(preset);
      expect(presetOfHost(preset.host)).toBe(preset);
    }
    expect(presetOfHost('mail.acme.io')).toBeUndefined();
    const ses = presetOfHost('email-smtp.eu-west-1.amazonaws.com');
    expect(ses).toMatchObject(presetOf('ses:eu-west-1'));
    expect(presetOfHost('email-smtp.amazonaws.com.acme.io')).toBeUndefined();
  });

  it('of Amazon SES take every region, each once', () => {
    expect(new Set(sesRegions).size).toBe(sesRegions.length);
    for (const region of sesRegions) {
      expect(region).toMatch(/^[a-z]{2}(?:-[a-z]+){1,2}-\d$/);
      expect(presetOf(`SES:${region}`)).toMatchObject({
        name: `ses:${region}`,
        host: `email-smtp.${region}.amazonaws.com`,
        port: 587,
      });
    }
  });
});

describe('A name that no preset has', () => {
  it.each([
    ['sendgird', 'sendgrid'],
    ['Line Works', 'line-works'],
    ['mailgun_eu', 'mailgun-eu'],
    ['Office 365', 'microsoft365'],
    ['sendinblue', 'brevo'],
    ['ses-eu-central-1', 'ses:eu-central-1'],
    ['ses eu-north-1', 'ses:eu-north-1'],
    ['ses:eu-wset-1', 'ses:eu-west-1'],
  ])('%s is taken for %s', (text, name) => {
    expect(refusalOf(text)).toMatch(new RegExp(`Write SMTP_PROVIDER=${name}\\.$`));
  });

  it.each(['acme', 'constructor', 'mail.acme.io', '?', 'sesame'])(
    '%s is taken for none',
    (text) => {
      expect(refusalOf(text)).toContain('with one of these names');
    },
  );

  it.each([
    'ses',
    'amazon-ses',
    'ses:',
    'ses:REGION',
    'ses:moon',
    'ses:eu-west-1:587',
    'ses::eu-west-1',
  ])('%s is no region of Amazon SES', (text) => {
    expect(refusalOf(text)).toMatch(/^(Amazon SES has|The region stands)/);
  });
});
