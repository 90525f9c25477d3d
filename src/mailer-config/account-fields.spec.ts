import { z } from 'zod';
import { accountFields, inFieldNames } from './account-fields.js';
import { accountFieldsSchema } from './account-fields.schemas.js';
import { smtpSchema } from './smtp-settings.schemas.js';

describe('The fields of an account', () => {
  it('are the settings of the environment, one for one', () => {
    expect(accountFields.map(({ setting }) => setting)).toEqual(Object.keys(smtpSchema.shape));
  });

  it('have the names and kinds that the API promises', () => {
    expect(Object.fromEntries(accountFields.map(({ name, type }) => [name, type]))).toEqual({
      host: 'string',
      port: 'number',
      url: 'string',
      provider: 'string',
      ehloName: 'string',
      localAddress: 'string',
      proxy: 'string',
      username: 'string',
      password: 'string',
      authMethod: 'string',
      ntlmDomain: 'string',
      ntlmWorkstation: 'string',
      allowPlaintextAuth: 'boolean',
      tls: 'boolean',
      opportunisticTls: 'boolean',
      requireTls: 'boolean',
      tlsAnyPort: 'boolean',
      cipherSpec: 'string',
      tlsCa: 'string',
      tlsServername: 'string',
      tlsCert: 'string',
      tlsKey: 'string',
      tlsInsecure: 'boolean',
      oauth2TokenUrl: 'string',
      oauth2ClientId: 'string',
      oauth2ClientSecret: 'string',
      oauth2Scope: 'string',
      oauth2RefreshToken: 'string',
      oauth2Grant: 'string',
      oauth2ServiceKey: 'string',
      oauth2AuthorizeUrl: 'string',
      sender: 'string',
      replyTo: 'string',
      returnPath: 'string',
      bcc: 'string',
      readReceiptTo: 'string',
      footer: 'string',
      dkimDomain: 'string',
      dkimSelector: 'string',
      dkimKey: 'string',
      maxConnections: 'number',
      pipelining: 'string',
      maxInFlight: 'number',
      maxPerMinute: 'number',
      maxPerDay: 'number',
      timeoutConnect: 'duration',
      timeoutGreeting: 'duration',
      timeoutCommand: 'duration',
      timeoutData: 'duration',
    });
  });

  const secrets = [
    'url',
    'proxy',
    'password',
    'tlsKey',
    'oauth2ClientSecret',
    'oauth2RefreshToken',
    'oauth2ServiceKey',
    'dkimKey',
  ];

  it('F03: are secret where the environment masks them, and where they hold a key', () => {
    expect(accountFields.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(secrets);
    const username = accountFields.find(({ name }) => name === 'username');
    expect(username?.holdsSecret('3f2a9c1e-77aa-4c1b-9d55-0c2f6a1b8e90')).toBe(true);
    expect(username?.holdsSecret('ada@acme.io')).toBe(false);
  });

  it('F03: are described in OpenAPI in their own names, the secrets as write-only', () => {
    const { properties } = z.toJSONSchema(accountFieldsSchema, { io: 'input' });
    const all = Object.entries(properties ?? {}) as [string, Record<string, unknown>][];
    expect(all.filter(([, { writeOnly }]) => writeOnly).map(([name]) => name)).toEqual(secrets);
    for (const [, { description, example, default: fixed }] of all) {
      expect(description).toMatch(/^\S.*[^.]$/);
      expect(description).not.toMatch(/SMTP_|file/);
      expect([example, fixed]).toEqual([undefined, undefined]);
    }
  });
});

describe('A sentence about settings', () => {
  it.each([
    ['Write SMTP_TLS=true or SMTP_PORT=465.', 'Write tls=true or port=465.'],
    ['SMTP_OAUTH2_CLIENT_SECRET is wrong.', 'oauth2ClientSecret is wrong.'],
    ['Write SMTP_TLS_CA_FILE=/path/to/ca.pem to trust it.', 'Write tlsCa=… to trust it.'],
    ['Remove SMTP_DKIM_KEY_FILE.', 'Remove dkimKey.'],
    ['Remove SMTP_PASSWORD_FILE.', 'Remove password.'],
    ['Write SMTP_URL=smtp://name@host:587.', 'Write url=smtp://name@host:587.'],
    ['Set SMTP_ALLOW_PRIVATE_HOSTS=true.', 'Set SMTP_ALLOW_PRIVATE_HOSTS=true.'],
    ['Check the SMTP_OAUTH2_* settings.', 'Check the oauth2* settings.'],
    ['Set APP_NAME.', 'Set APP_NAME.'],
  ])('%s', (sentence, expected) => {
    expect(inFieldNames(sentence)).toBe(expected);
  });
});
