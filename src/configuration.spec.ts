import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatFault, formatReport } from '#settings';
import { loadConfiguration } from './configuration.js';

type Env = Record<string, string | undefined>;

const directory = mkdtempSync(join(tmpdir(), 'gatepost-configuration-'));
let files = 0;

function file(content: string | Buffer): string {
  const path = join(directory, String(++files));
  writeFileSync(path, content);
  return path;
}

const server: Env = { SMTP_HOST: 'mail.acme.io', SMTP_SENDER: 'noreply@acme.io' };
const account: Env = { ...server, SMTP_USERNAME: 'ada', SMTP_PASSWORD: 'Sesame-0pen' };
const dkim: Env = { SMTP_DKIM_DOMAIN: 'acme.io', SMTP_DKIM_SELECTOR: 'mail' };
const certificate = `-----BEGIN CERTIFICATE-----
MIIBiTCCAS+gAwIBAgIUc9YDjzJbAXklEuTVGOQxncS9zHAwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwObWFpbC5hY21lLnRlc3QwIBcNMjYxMTIwMTY0NTIzWhgPMjEy
NjEwMjcxNjQ1MjNaMBkxFzAVBgNVBAMMDm1haWwuYWNtZS50ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAElrGLhNzob0d5KEgKPZFzOq64BOcf8fNVdSSW/LhI
SsqA5r0NiuOrh80q4M/aBwM08RylOqL1x6yGsWvfgLkF+qNTMFEwHQYDVR0OBBYE
FGgXDDEsIXH6vUgaFa+Q6LP285VyMB8GA1UdIwQYMBaAFGgXDDEsIXH6vUgaFa+Q
6LP285VyMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgVYufr68b
cyKP7bt/AuL1N4Nk/xwJDXiG/9GXmDYNgDkCIQCrTNerK/OJpaqsBwwuS/pPUjOx
oAYO6Zp4AyUfVFZhbQ==
-----END CERTIFICATE-----
`;

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function lockedKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const lock = { cipher: 'aes-256-cbc', passphrase: 'passphrase' };
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...lock }) as string;
}

/** Every fault as people read it; the names of the files written here are made to look alike. */
function faultsOf(env: Env, dotenv?: string | Buffer): string {
  const dotenvPath = join(directory, '.env');
  if (dotenv !== undefined) writeFileSync(dotenvPath, dotenv);
  const result = loadConfiguration(dotenv === undefined ? { env } : { env, dotenvPath });
  const text = result.ok
    ? 'accepted'
    : result.faults.map((fault) => formatFault(fault)).join('\n\n');
  return text.replaceAll(new RegExp(`${directory}/\\d+`, 'g'), '/a/file');
}

afterAll(() => rmSync(directory, { recursive: true }));

/** The environments of `configuration.cases.txt`, each with the report it must get. */
const written: [title: string, env: Env, report: string][] = readFileSync(
  join(import.meta.dirname, 'configuration.cases.txt'),
  'utf8',
)
  .split(/^=== /m)
  .slice(1)
  .map((text) => {
    const [, title = '', settings = '', report = ''] =
      /^(.*)\n((?:.+\n)+)\n([\s\S]*)$/.exec(text) ?? [];
    const env = settings
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2));
    return [title, Object.fromEntries(env) as Env, report.trimEnd()];
  });

describe('Bad environments', () => {
  it.each(written)('%s', (_, env, report) => {
    expect(faultsOf(env)).toBe(report);
  });

  it('are at least sixty, and each is told what to write in lines of 80 columns', () => {
    expect(written.length).toBeGreaterThan(60);
    const lines = written.flatMap(([, , report]) => report.split('\n'));
    expect(lines.filter((line) => line.startsWith('  ') && line.length > 80)).toEqual([]);
  });
});

const environments: [title: string, env: Env, report: string][] = [
  [
    'SMTP_HOST is blank',
    { ...server, SMTP_HOST: '  ' },
    `error[HOST_MISSING]: SMTP_HOST="  "
  The setting is there but empty, and names no mail server.
  Write SMTP_HOST=smtp.your-provider.com, or remove SMTP_HOST to use the
  built-in inbox.`,
  ],
  [
    'the password has a zero width space',
    { ...account, SMTP_PASSWORD: 'Sesame\u200b-0pen' },
    `error[PASSWORD_INVISIBLE]: SMTP_PASSWORD=******** (12 characters)
  The value contains an invisible character (U+200B), which came with a copy
  from a page or document.
  Write SMTP_PASSWORD=… typed by hand or copied as plain text.`,
  ],
  [
    'the password has two lines',
    { ...account, SMTP_PASSWORD: 'Sesame\n0pen' },
    `error[VALUE_INVALID]: SMTP_PASSWORD=******** (11 characters)
  The value has more than one line; in .env this happens when a closing quote is
  missing.
  Write SMTP_PASSWORD=… in one line, with a closing quote for every opening one.`,
  ],
  [
    'both the setting and its file',
    { ...account, SMTP_PASSWORD_FILE: file('Sesame-0pen') },
    `error[SETTING_CONFLICT]: SMTP_PASSWORD=******** (11 characters)
  SMTP_PASSWORD and SMTP_PASSWORD_FILE are both set, and only one of them can
  hold the value.
  Remove SMTP_PASSWORD to read the value from the file, or remove
  SMTP_PASSWORD_FILE.`,
  ],
  [
    'an empty file',
    { SECRET_KEY_FILE: file('\n') },
    `error[FILE_INVALID]: SECRET_KEY_FILE=/a/file
  This file is empty.
  Write SECRET_KEY_FILE=/path/to/file with a file that holds the value and that
  this user may read, or set SECRET_KEY itself.`,
  ],
  [
    'a file that is no text',
    { SECRET_KEY_FILE: file(Buffer.from([0xff, 0xfe, 0])) },
    `error[FILE_INVALID]: SECRET_KEY_FILE=/a/file
  This file is not UTF-8 text.
  Write SECRET_KEY_FILE=/path/to/file with a file that holds the value and that
  this user may read, or set SECRET_KEY itself.`,
  ],
  [
    'a wrong value in a file',
    { ...server, SMTP_PORT_FILE: file('smtp\n') },
    `error[PORT_INVALID]: SMTP_PORT=smtp (/a/file)
  A port is a whole number from 1 to 65535.
  Write SMTP_PORT=587 or SMTP_PORT=465.`,
  ],
  [
    'a certificate that is none',
    { ...server, SMTP_TLS_CA_FILE: file('hello') },
    `error[FILE_INVALID]: SMTP_TLS_CA_FILE=/a/file
  The file does not hold certificates in PEM form.
  Write SMTP_TLS_CA_FILE=/path/to/file.pem with certificates in PEM form,
  readable by this user.`,
  ],
  [
    'a client certificate without its key',
    { ...server, SMTP_TLS_CERT_FILE: file(certificate) },
    `error[SETTING_MISSING]: SMTP_TLS_KEY_FILE
  A client certificate works only with its key.
  Write SMTP_TLS_KEY_FILE=/path/to/key.pem as well, or remove
  SMTP_TLS_CERT_FILE.`,
  ],
  [
    'a key with a passphrase',
    { ...server, ...dkim, SMTP_DKIM_KEY_FILE: file(lockedKey()) },
    `error[FILE_INVALID]: SMTP_DKIM_KEY_FILE=/a/file
  The key is protected by a passphrase, which nobody can type at start.
  Write SMTP_DKIM_KEY_FILE=/path/to/file.pem with a private key in PEM form
  without passphrase, readable by this user.`,
  ],
  [
    'a key of another certificate',
    { ...server, SMTP_TLS_CERT_FILE: file(certificate), SMTP_TLS_KEY_FILE: file(otherKey()) },
    `error[FILE_INVALID]: SMTP_TLS_KEY_FILE=/a/file
  This key does not belong to the certificate of SMTP_TLS_CERT_FILE.
  Write SMTP_TLS_KEY_FILE=/path/to/key.pem with the key the certificate was made
  for.`,
  ],
];

describe('Bad environments with files and invisible characters', () => {
  it.each(environments)('%s', (_, env, report) => {
    expect(faultsOf(env)).toBe(report);
  });
});

const utf16File = Buffer.from('\ufeffPORT=3000', 'utf16le');

const dotenvFiles: [title: string, content: string | Buffer, report: string][] = [
  [
    'a password is cut at a #',
    'SMTP_PASSWORD=Sesame#0pen',
    `error[PASSWORD_TRUNCATED]: SMTP_PASSWORD=******** (6 characters) (.env:1)
  In .env a value without quotes ends at a #, and a value in quotes at the
  second quote: the rest of this line was cut off.
  Put the whole value into single quotes: SMTP_PASSWORD='…' (or, before a
  comment, write a blank before the #).`,
  ],
  [
    'a password begins with a #',
    'SMTP_PASSWORD=#Sesame-0pen',
    `error[PASSWORD_TRUNCATED]: SMTP_PASSWORD=******** (0 characters) (.env:1)
  In .env a value without quotes ends at a #, and a value in quotes at the
  second quote: the rest of this line was cut off.
  Put the whole value into single quotes: SMTP_PASSWORD='…' (or, before a
  comment, write a blank before the #).`,
  ],
  [
    'a value goes on after its quotes',
    'APP_NAME="Acme" Mail',
    `error[VALUE_TRUNCATED]: APP_NAME=Acme (.env:1)
  In .env a value without quotes ends at a #, and a value in quotes at the
  second quote: the rest of this line was cut off.
  Put the whole value into single quotes: APP_NAME='…' (or, before a comment,
  write a blank before the #).`,
  ],
  [
    'a quote is never closed',
    'APP_NAME="Acme',
    `error[VALUE_QUOTED]: APP_NAME="Acme (.env:1)
  The quotation mark before the value has no closing one.
  Write APP_NAME=… without quotation marks, or in single quotes: APP_NAME='…'.`,
  ],
  [
    'a quote is closed lines later',
    'SMTP_USERNAME="ada\nSMTP_HOST=mail.acme.io\nAPP_NAME="Acme"',
    `error[VALUE_INVALID]: SMTP_USERNAME=ada… (.env:1)
  The value has more than one line; in .env this happens when a closing quote is
  missing.
  Write SMTP_USERNAME=… in one line, with a closing quote for every opening one.`,
  ],
  [
    'a value is wrong',
    '# our settings\n\nPORT=http',
    `error[PORT_INVALID]: PORT=http (.env:3)
  A port is a whole number from 0 to 65535.
  Write PORT=3000.`,
  ],
  [
    'the file is UTF-16',
    utf16File,
    `error[FILE_UNREADABLE]: .env
  This file is not saved as UTF-8.
  Save it again with the encoding UTF-8.`,
  ],
];

describe('.env', () => {
  it.each(dotenvFiles)('%s', (_, content, report) => {
    expect(faultsOf({}, content)).toBe(report);
  });

  it('a wrong value counts only where the environment does not set the same', () => {
    expect(faultsOf({ PORT: '3001' }, 'PORT=http\nSMTP_PASSWORD=a#b')).toContain('SMTP_PASSWORD');
    expect(faultsOf({ PORT: '3001' }, 'PORT=http')).toBe('accepted');
  });
});

describe('The report', () => {
  const everythingWrong: Env = {
    PORT: 'http',
    SECRET_KEY: 'Sesame-0pen',
    DATABASE_URL: 'mysql://ada:Sesame-0pen@db/x',
    SMTP_HOST: 'smtps://ada:Sesame-0pen@mail.acme.io',
    SMTP_PASS: 'Sesame-0pen',
    SMTP_PASSWORD: ' Sesame-0pen\u200b ',
    SMTP_TLS: 'maybe',
    SMTP_URL: 'smtps://ada:Sesame-0pen@mail.acme.io:587?x',
    SMTP_PROXY: 'https://ada:Sesame-0pen@proxy',
  };

  it('lists every fault of all settings at once, in the order of .env.example', () => {
    const result = loadConfiguration({ env: everythingWrong });
    expect(result.ok ? [] : result.faults.map(({ setting, code }) => `${setting} ${code}`)).toEqual(
      [
        'SMTP_PASS SETTING_UNKNOWN',
        'PORT PORT_INVALID',
        'SECRET_KEY VALUE_INVALID',
        'DATABASE_URL VALUE_INVALID',
        'SMTP_HOST HOST_HAS_SCHEME',
        'SMTP_URL VALUE_INVALID',
        'SMTP_PROXY VALUE_INVALID',
        'SMTP_PASSWORD PASSWORD_INVISIBLE',
        'SMTP_TLS BOOLEAN_SPELLING',
        'SMTP_SENDER SETTING_MISSING',
      ],
    );
  });

  it('shows no secret, not in part, neither to people nor to programs', () => {
    const result = loadConfiguration({ env: everythingWrong });
    const faults = result.ok ? [] : result.faults;
    const report = formatReport(faults, result.warnings) + JSON.stringify(result);
    expect(report).not.toMatch(/Ses|same|0pen/);
    expect(report).toContain('SMTP_PASSWORD=******** (14 characters, begins with white space');
  });

  it('masks what an open quote swallowed', () => {
    const content = 'APP_NAME="Acme\nSMTP_PASSWORD="Sesame-0pen"\n';
    expect(faultsOf({}, content)).not.toContain('Sesame');
  });

  it('says what to do, in 80 columns', () => {
    const result = loadConfiguration({ env: { PORT: 'http', SMTP_TIMEOUT_DATA: '10' } });
    expect(formatReport(result.ok ? [] : result.faults, result.warnings)).toBe(
      `Gatepost can not start: one setting is wrong.

error[PORT_INVALID]: PORT=http
  A port is a whole number from 0 to 65535.
  Write PORT=3000.

warning[HOST_MISSING]: SMTP_HOST
  No mail server is named, so what is set for it has no effect
  (SMTP_TIMEOUT_DATA is set).
  Write SMTP_HOST=smtp.your-provider.com, or remove the other SMTP_* settings to
  use the built-in inbox.

Nothing was started. Correct the environment or .env and start again;
.env.example lists every setting with its meaning.`,
    );
  });
});
