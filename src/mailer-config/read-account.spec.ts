import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { type AccountField, accountFields, type AccountFields } from './account-fields.js';
import { accountFieldsSchema } from './account-fields.schemas.js';
import { type AccountFault, readAccount } from './read-account.js';

const of = {
  id: '6f3c1f52-9a0e-4a7e-8d0c-0b8a5a3d4e21',
  name: 'second',
  reach: 'public',
  appName: 'Acme',
  adminWebUrl: 'https://app.acme.io/gate',
} as const;

const server: AccountFields = { host: 'mail.acme.io', sender: 'noreply@acme.io' };
const account: AccountFields = { ...server, username: 'ada', password: 'Sesame-0pen' };

function accepted(fields: AccountFields) {
  const result = readAccount(fields, of);
  if (!result.ok) throw new Error(JSON.stringify(result.faults, null, 2));
  return result;
}

function refused(fields: AccountFields): readonly AccountFault[] {
  const result = readAccount(fields, of);
  return result.ok ? [] : result.faults;
}

const codes = (faults: readonly AccountFault[]): string[] =>
  faults.map(({ field, code }) => `${field} ${code}`);

describe('An account over the API', () => {
  it('is read as that of the environment is, and knows whose it is', () => {
    const { smtp, warnings } = accepted({
      ...account,
      port: 465,
      tls: true,
      footer: 'Acme Ltd\r\nLondon\n',
      maxPerDay: 100,
      timeoutConnect: '2s',
      timeoutData: 90_000,
    });
    expect(warnings).toEqual([]);
    expect(smtp).toMatchObject({
      id: of.id,
      name: 'second',
      source: 'database',
      reach: 'public',
      host: 'mail.acme.io',
      port: 465,
      security: 'implicit-tls',
      auth: { method: 'auto', username: 'ada', password: 'Sesame-0pen', oauth2: undefined },
      sender: { name: 'Acme', address: 'noreply@acme.io' },
      footer: 'Acme Ltd\r\nLondon',
      ehloName: 'app.acme.io',
      maxConnections: 5,
      maxPerDay: 100,
      timeouts: { connect: 2000, greeting: 10_000, command: 30_000, data: 90_000 },
    });
  });

  it('has null for what it does without, and takes the words of the example file', () => {
    const { smtp, warnings } = accepted({
      ...account,
      host: 'smtp.example.com',
      password: 'changeme',
      proxy: null,
      port: undefined,
      replyTo: '',
    });
    expect(smtp).toMatchObject({ proxy: undefined, port: 587, replyTo: undefined });
    expect(smtp.auth.password).toBe('changeme');
    expect(codes(warnings)).toEqual(['host PLACEHOLDER_VALUE']);
  });

  it('has the text of what is a file in the environment', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const key = JSON.stringify({ client_email: 'a@acme.iam', private_key: pem }, null, 2);
    const { smtp, warnings } = accepted({
      provider: 'gmail',
      sender: 'ada@acme.io',
      username: 'ada@acme.io',
      oauth2ServiceKey: `${key}\n`,
      dkimDomain: 'acme.io',
      dkimSelector: 'mail',
      dkimKey: pem,
    });
    expect(warnings).toEqual([]);
    expect(smtp.dkim?.privateKey.trim()).toBe(pem.trim());
    expect(smtp.auth.oauth2).toMatchObject({
      grant: 'service_account',
      serviceAccount: { email: 'a@acme.iam', privateKey: pem },
    });
  });

  it.each<[AccountFields, string[]]>([
    [{}, ['host HOST_MISSING', 'sender SETTING_MISSING']],
    [{ ...server, host: ' ' }, ['host HOST_MISSING']],
    [{ ...server, port: 70_000 }, ['port PORT_INVALID']],
    [{ ...server, port: 587.5 }, ['port PORT_INVALID']],
    [{ ...server, maxPerDay: 1e21 }, ['maxPerDay VALUE_INVALID']],
    [{ ...server, timeoutData: 'soon' }, ['timeoutData VALUE_INVALID']],
    [{ ...server, port: 465, tls: false }, ['tls TLS_MODE_PLAIN_ON_IMPLICIT']],
    [{ ...server, tls: true, opportunisticTls: true }, ['tls BOTH_TLS_FLAGS']],
    [{ ...account, opportunisticTls: false }, ['opportunisticTls AUTH_IN_CLEAR']],
    [{ ...server, username: 'ada' }, ['password CREDENTIALS_HALF']],
    [
      { ...server, tlsCert: '/etc/ssl/cert.pem' },
      ['tlsCert VALUE_INVALID', 'tlsKey SETTING_MISSING'],
    ],
    [{ ...server, authMethod: 'xoauth2' }, ['oauth2ClientId SETTING_MISSING']],
    [
      { ...account, oauth2ClientId: 'id', oauth2ClientSecret: 'x' },
      ['password SETTING_CONFLICT', 'oauth2TokenUrl SETTING_MISSING'],
    ],
    [
      { ...server, username: 'ada', oauth2ClientId: 'id', oauth2TokenUrl: 'http://10.0.0.1/token' },
      ['oauth2TokenUrl VALUE_INVALID'],
    ],
  ])('%j is refused', (fields, expected) => {
    expect(codes(refused(fields))).toEqual(expected);
  });

  it('is told what is wrong in the names of fields, and never as the path of a file', () => {
    expect(refused({ ...server, port: 465, tls: false, tlsKey: 'x' })).toEqual([
      {
        field: 'tls',
        code: 'TLS_MODE_PLAIN_ON_IMPLICIT',
        why: 'tls=false waits for a greeting in clear text, but on port 465 servers wait for TLS from the first byte: the connection would hang.',
        instead: 'Write tls=true, or port=587; if this server really differs, tlsAnyPort=true.',
      },
      {
        field: 'tlsCert',
        code: 'SETTING_MISSING',
        why: 'A key works only with its client certificate.',
        instead: 'Write tlsCert=… as well, or remove tlsKey.',
      },
      {
        field: 'tlsKey',
        code: 'VALUE_INVALID',
        why: 'The text does not hold a private key in PEM form without passphrase.',
        instead: 'Write tlsKey=… with a private key in PEM form without passphrase.',
      },
    ]);
  });

  it('loses white space around a value, but not around a password', () => {
    const { smtp, warnings } = accepted({ ...account, host: ' mail.acme.io ', password: ' x ' });
    expect([smtp.host, smtp.auth.password]).toEqual(['mail.acme.io', ' x ']);
    expect(codes(warnings)).toEqual(['host HOST_WHITESPACE', 'password PASSWORD_WHITESPACE']);
  });
});

const lines = accountFields.filter(
  ({ type, description }) => type === 'string' && !description.multiline,
);
const valid: AccountFields = {
  ...account,
  sender: '"Acme" <noreply@acme.io>',
  replyTo: 'help@acme.io',
  returnPath: 'bounces@acme.io',
  bcc: 'archive@acme.io',
  readReceiptTo: 'ada@acme.io',
  ehloName: 'app.acme.io',
  dkimSelector: 'mail',
};

describe('B04: what would end a line of a header or a command', () => {
  it.each(lines.map(({ name }) => name))('is refused in %s', (name) => {
    const value = String(valid[name] ?? 'mail.acme.io');
    for (const noise of ['\r\n', '\n', '\r', '\0', '\u001b', '\u0085'])
      for (const text of [
        `${noise}${value}`,
        `${value}${noise}`,
        `${value.slice(0, 3)}${noise}${value.slice(3)}`,
        `${value}${noise}Bcc: eve@evil.example`,
      ])
        expect(codes(refused({ ...valid, [name]: text }))).toContain(`${name} VALUE_INVALID`);
  });

  it('is refused in a footer too, but for the ends of lines', () => {
    expect(refused({ ...valid, dkimSelector: null, footer: 'a\r\nb\tc' })).toEqual([]);
    for (const noise of ['\0', '\u001b', '\u0085'])
      expect(codes(refused({ ...server, footer: `a${noise}` }))).toEqual(['footer VALUE_INVALID']);
  });

  it('is refused where a URL encodes it', () => {
    for (const text of ['%0d%0aRSET', '%00ada', '%01auth'])
      expect(
        codes(refused({ sender: 'ada@acme.io', url: `smtp://ada${text}:x@mail.acme.io` })),
      ).toEqual(['url VALUE_INVALID']);
  });
});

const secret = 'Xq7Zv9Kj';

describe('Whatever the fields hold', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('mail.acme.io', '::1', 'a@acme.io', 'gmail', 'outlook', 'xoauth2', 'auto'),
    fc.constantFrom('https://login.acme.io/t', 'refresh_token', 'TLSv1.3', '{}', 'smtp://x@y.z'),
  );
  const hidden = fc
    .tuple(
      fc.constantFrom('', 'smtp://a:', '{"private_key":"', '-----BEGIN ', ' '),
      fc.constantFrom('', '@mail.acme.io', '#', '\n', '"}'),
    )
    .map(([before, after]) => before + secret + after);
  const values: Record<AccountField['type'], fc.Arbitrary<unknown>> = {
    string: text,
    boolean: fc.boolean(),
    number: fc.oneof(fc.double(), fc.constantFrom(25, 465, 587)),
    duration: fc.oneof(fc.double(), text),
  };
  const fields = fc.record(
    Object.fromEntries(
      accountFields.map(({ name, type, secret: isSecret }) => [
        name,
        fc.option(isSecret ? hidden : values[type]),
      ]),
    ),
    { requiredKeys: [] },
  );

  it('it is judged without a crash, in the names of fields, and no secret is shown', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const result = readAccount(given as AccountFields, of);
        const faults = [...(result.ok ? [] : result.faults), ...result.warnings];
        for (const { field, why, instead } of faults) {
          expect(accountFields.map(({ name }) => name)).toContain(field);
          expect(`${why} ${instead}`).not.toMatch(/SMTP_(?!ALLOW_PRIVATE_HOSTS)|\/path\/|\.env/);
        }
        expect(JSON.stringify(faults)).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });

  it('what the schema takes is judged, and what is of another kind it refuses', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...accountFields.map((f) => f.name)), fc.jsonValue()),
        (given) => {
          const parsed = accountFieldsSchema.safeParse(given);
          if (parsed.success) expect(() => readAccount(parsed.data, of)).not.toThrow();
        },
      ),
    );
    expect(accountFieldsSchema.safeParse({ nonsense: 'x' }).success).toBe(false);
    expect(accountFieldsSchema.safeParse({ port: '587' }).success).toBe(false);
    expect(accountFieldsSchema.safeParse({ host: 'a\0b' }).success).toBe(false);
    expect(accountFieldsSchema.safeParse({ username: '\ud800' }).success).toBe(false);
    expect(accountFieldsSchema.safeParse({ host: 'a'.repeat(4097) }).success).toBe(false);
    expect(accountFieldsSchema.safeParse({ tlsCa: 'a'.repeat(16_384) }).success).toBe(true);
    expect(accountFieldsSchema.safeParse({ tlsCa: 'a'.repeat(16_385) }).success).toBe(false);
  });
});
