import * as fc from 'fast-check';
import { accountFields, type AccountFields, readAccount } from '#mailer-config';
import { loadConfiguration } from './configuration.js';

// Where the ways differ is left out: files, and how a text is cleaned before it is read.
const settings = accountFields.filter(({ setting }) => !setting.endsWith('_FILE'));

const texts: Partial<Record<string, readonly string[]>> = {
  host: ['mail.acme.io', 'localhost', '10.0.0.1', 'smtp.gmail.com', 'smtp.office365.com', 'a@b.io'],
  url: ['smtp://mail.acme.io', 'smtps://ada:x@mail.acme.io', 'smtp://ada@smtp.gmail.com:465'],
  provider: ['gmail', 'microsoft365', 'outlook', 'sendgrid', 'acme'],
  proxy: ['socks5://proxy:1080', 'socks4://proxy', 'ftp://proxy'],
  username: ['ada', 'ada@acme.io', 'ACME\\ada'],
  password: ['Sesame-0pen', 'Sesame%230pen'],
  authMethod: ['auto', 'none', 'plain', 'ntlm', 'xoauth2', 'oauthbearer'],
  cipherSpec: ['TLSv1.3', 'SSLv3', 'nonsense'],
  oauth2TokenUrl: [
    'https://login.acme.io/token',
    'http://login.acme.io/token',
    'https://login.microsoftonline.com/acme.io/oauth2/v2.0/token',
    'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  ],
  oauth2Grant: ['client_credentials', 'refresh_token', 'service_account'],
  oauth2AuthorizeUrl: ['https://login.acme.io/authorize'],
  sender: ['noreply@acme.io', 'Acme <noreply@acme.io>', 'acme'],
};

const valueOf = {
  string: (name: string) =>
    fc.constantFrom(...(texts[name] ?? ['acme.io', 'ada@acme.io', '192.0.2.1'])),
  boolean: () => fc.boolean(),
  number: () => fc.constantFrom(0, 25, 465, 587, 2525, 70_000),
  duration: () => fc.constantFrom(10, 60_000, '10s', 'soon'),
};

const account = fc
  .subarray(settings, { maxLength: 7 })
  .chain((some) =>
    fc.record(
      Object.fromEntries(
        [...some, ...settings.filter(({ name }) => name === 'host' || name === 'sender')].map(
          ({ name, type }) => [name, valueOf[type](name)],
        ),
      ) as Record<string, fc.Arbitrary<string | number | boolean>>,
    ),
  );

const fieldOf = new Map<string, string>(accountFields.map(({ name, setting }) => [setting, name]));

function named(faults: readonly { setting: string; code: string }[]): string[] {
  return faults.map(({ setting, code }) => `${fieldOf.get(setting)} ${code}`);
}

function codes(faults: readonly { field: string; code: string }[]): string[] {
  return faults.map(({ field, code }) => `${field} ${code}`);
}

describe('An account over the API', () => {
  it('is read and judged as the environment is, whatever it says', () => {
    let accepted = 0;
    fc.assert(
      fc.property(account, (fields) => {
        const env = Object.fromEntries(
          settings.flatMap(({ name, setting }) =>
            fields[name] === undefined ? [] : [[setting, String(fields[name])]],
          ),
        );
        const ofEnvironment = loadConfiguration({ env });
        const reading = readAccount(fields as AccountFields, {
          id: 'environment',
          name: 'environment',
          reach: 'any',
          appName: 'Gatepost',
          adminWebUrl: 'http://localhost:3000',
        });
        expect(codes(reading.warnings)).toEqual(named(ofEnvironment.warnings));
        expect(codes(reading.ok ? [] : reading.faults)).toEqual(
          named(ofEnvironment.ok ? [] : ofEnvironment.faults),
        );
        if (!reading.ok || !ofEnvironment.ok) return;
        accepted++;
        expect({ ...reading.smtp, source: 'environment' }).toEqual(ofEnvironment.smtp);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
