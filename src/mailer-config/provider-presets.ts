import { mailboxPresets } from './mailbox-presets.js';
import type { ProviderPreset } from './provider-preset.js';
import { sendingServicePresets } from './sending-service-presets.js';

/** Every preset there is, in the order people read them; `ses:REGION` stands for many. */
export const providerPresets: readonly ProviderPreset[] = [
  ...mailboxPresets,
  ...sendingServicePresets,
];

/** Where Amazon SES listens for SMTP. */
export const sesRegions: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'ca-central-1',
  'ca-west-1',
  'sa-east-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'af-south-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-5',
];

const amazonSes = /^email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com$/;

/** The preset whose server this host is, however it was named. */
export function presetOfHost(host: string): ProviderPreset | undefined {
  const region = amazonSes.exec(host)?.[1];
  const preset = providerPresets.find((known) =>
    region ? known.name === 'ses:REGION' : known.host === host,
  );
  return preset && region ? { ...preset, name: `ses:${region}`, host } : preset;
}
