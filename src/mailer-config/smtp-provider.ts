import { nearest, Refusal } from '#settings';
import type { ProviderPreset } from './provider-preset.js';
import { providerPresets, sesRegions } from './provider-presets.js';

/** What people call a provider that has another name here; letters and digits only. */
const synonyms = new Map([
  ['google', 'gmail'],
  ['googlemail', 'gmail'],
  ['googleworkspace', 'gmail'],
  ['gmailrelay', 'google-relay'],
  ['gmailworkspace', 'google-relay'],
  ['smtprelay', 'google-relay'],
  ['office365', 'microsoft365'],
  ['outlook365', 'microsoft365'],
  ['exchange', 'microsoft365'],
  ['exchangeonline', 'microsoft365'],
  ['o365', 'microsoft365'],
  ['m365', 'microsoft365'],
  ['hotmail', 'outlook'],
  ['live', 'outlook'],
  ['sendinblue', 'brevo'],
  ['bird', 'sparkpost'],
  ['twilio', 'sendgrid'],
  ['worksmobile', 'line-works'],
  ['naverworks', 'line-works'],
  ['ovhcloud', 'ovh'],
  ['aws', 'ses'],
  ['awsses', 'ses'],
  ['amazon', 'ses'],
  ['amazonses', 'ses'],
]);

/** The preset of this name, in any case; that of Amazon SES takes a region, `ses:eu-west-1`. */
export function smtpProvider(text: string): ProviderPreset | Refusal {
  const name = text.toLowerCase();
  const [, ses] = /^ses(?![a-z])(.*)$/.exec(name) ?? [];
  if (ses !== undefined) return amazonSes(ses);
  const preset = providerPresets.find((known) => known.name === name);
  return preset ?? unknown(name);
}

/** @param rest what stands behind `ses` */
function amazonSes(rest: string): ProviderPreset | Refusal {
  const region = rest.replace(/^[^a-z]+/, '');
  const preset = providerPresets.find(({ name }) => name === 'ses:REGION');
  if (preset && rest === `:${region}` && sesRegions.includes(region))
    return {
      ...preset,
      name: `ses:${region}`,
      host: preset.host.replace('REGION', region),
    };
  return noRegion(region);
}

function noRegion(region: string): Refusal {
  const near = nearest(region, sesRegions, 3);
  if (near)
    return new Refusal(
      'VALUE_INVALID',
      near === region
        ? 'The region stands behind a colon.'
        : 'Amazon SES has no SMTP server in a region of this name.',
      (setting) => `Write ${setting}=ses:${near}.`,
    );
  return new Refusal(
    'VALUE_INVALID',
    region === ''
      ? 'Amazon SES has a server in each region, and passwords are valid in one of them.'
      : 'Amazon SES has no SMTP server in a region of this name.',
    (setting) =>
      `Write ${setting}=ses:eu-west-1 with the region of your SMTP credentials; for a region younger than this version, remove ${setting} and write SMTP_HOST=email-smtp.your-region.amazonaws.com.`,
  );
}

function unknown(name: string): Refusal {
  const names = providerPresets.map((preset) => preset.name);
  const synonym = synonyms.get(name.replace(/[^a-z0-9]/g, ''));
  if (synonym === 'ses') return noRegion('');
  const near = synonym ?? nearest(name, names, Math.min(3, Math.ceil(name.length / 4)));
  return new Refusal(
    'VALUE_INVALID',
    `No preset has this name; there are ${new Intl.ListFormat('en').format(names)}.`,
    (setting) =>
      near
        ? `Write ${setting}=${near}.`
        : `Write ${setting}=… with one of these names, or remove ${setting} and write SMTP_HOST=smtp.your-provider.com.`,
  );
}
