import type { ProviderPreset } from './provider-preset.js';
import { providerPresets } from './provider-presets.js';

/** The README's table of presets. */
export function presetsTable(): string {
  return [
    '| `SMTP_PROVIDER` | server | `SMTP_USERNAME` | `SMTP_PASSWORD` | limits set | good to know |',
    '| --- | --- | --- | --- | --- | --- |',
    ...providerPresets.map(row),
  ].join('\n');
}

function row(preset: ProviderPreset): string {
  const { name, provider, host, port, security, password, page, note = '' } = preset;
  const size = preset.maxMegabytes && `A mail has at most ${preset.maxMegabytes} MB.`;
  const cells = [
    `\`${name}\` [${provider}](${page})`,
    `${host}, ${port} ${security === 'starttls' ? 'STARTTLS' : 'TLS'}`,
    userNameOf(preset),
    password,
    limitsOf(preset) || 'none',
    [note, size].filter(Boolean).join(' '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function userNameOf({ username }: ProviderPreset): string {
  if ('words' in username) return username.words.map((word) => `\`${word}\``).join(' or ');
  return 'address' in username ? username.address : username.issued;
}

function limitsOf({ maxConnections, maxPerMinute, maxPerDay }: ProviderPreset): string {
  return [
    maxConnections && `${maxConnections} connections`,
    maxPerMinute && `${maxPerMinute} a minute`,
    maxPerDay && `${maxPerDay.toLocaleString('en')} a day`,
  ]
    .filter(Boolean)
    .join(', ');
}
