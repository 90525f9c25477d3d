import { type CauseCode, examine, exitCodeOf, type Finding } from '#doctor';
import { type Env, fixed, Laboratory, sent } from '../test/harness/doctor.js';
import { judgedSettings } from './doctor-run.js';

const auth = { user: 'robot', pass: 'Sesame-0pen' };

interface Row {
  readonly cause: CauseCode;
  readonly how: string;
  /** What differs from settings that are right for this port; undefined: not there. */
  readonly env: (port: number, lab: Laboratory) => Env;
  /** Lines of a `.env` file, which the environment does not have. */
  readonly dotenv?: string;
  /** A remark: mail goes out all the same. */
  readonly warning?: true;
  /** The fix leads to a server that the test does not have. */
  readonly elsewhere?: true;
}

const rows: Row[] = [
  { cause: 'HOST_HAS_SCHEME', how: 'a URL', env: () => ({ SMTP_HOST: 'smtp://localhost' }) },
  {
    cause: 'HOST_HAS_PORT',
    how: 'host and port in one',
    env: (port) => ({ SMTP_HOST: `localhost:${port}`, SMTP_PORT: undefined }),
  },
  { cause: 'HOST_TRAILING_DOT', how: 'a dot at the end', env: () => ({ SMTP_HOST: 'localhost.' }) },
  { cause: 'HOST_IS_ADDRESS', how: 'a mail address', env: () => ({ SMTP_HOST: 'ada@acme.io' }) },
  { cause: 'HOST_MISSING', how: 'an empty host', env: () => ({ SMTP_HOST: '' }) },
  {
    cause: 'HOST_WHITESPACE',
    how: 'a carriage return behind the host',
    env: () => ({ SMTP_HOST: 'localhost\r' }),
    warning: true,
  },
  { cause: 'VALUE_QUOTED', how: 'quotes kept', env: () => ({ SMTP_HOST: '"localhost"' }) },
  { cause: 'SETTING_UNKNOWN', how: 'SMTP_USER', env: () => ({ SMTP_USER: 'robot' }) },
  { cause: 'SETTING_MISSING', how: 'no sender', env: () => ({ SMTP_SENDER: undefined }) },
  {
    cause: 'SETTING_CONFLICT',
    how: 'host and URL',
    env: (port) => ({ SMTP_URL: `smtp://localhost:${port}`, SMTP_PORT: undefined }),
  },
  { cause: 'VALUE_INVALID', how: 'no method', env: () => ({ SMTP_AUTH_METHOD: 'plane' }) },
  {
    cause: 'VALUE_WHITESPACE',
    how: 'a blank behind a number',
    env: () => ({ SMTP_MAX_CONNECTIONS: '3 ' }),
    warning: true,
  },
  {
    cause: 'FILE_UNREADABLE',
    how: 'no such file',
    env: () => ({ SMTP_TLS_CA_FILE: '/nowhere/ca.pem' }),
  },
  {
    cause: 'FILE_INVALID',
    how: 'no certificate in it',
    env: (_port, lab) => ({ SMTP_TLS_CA_FILE: lab.file('empty.pem', 'nothing') }),
  },
  {
    cause: 'PORT_INVALID',
    how: 'a word',
    env: () => ({ SMTP_PORT: 'smtp' }),
    elsewhere: true,
  },
  { cause: 'BOOLEAN_SPELLING', how: 'ture', env: () => ({ SMTP_TLS: 'ture' }) },
  {
    cause: 'BOTH_TLS_FLAGS',
    how: 'both true',
    env: () => ({ SMTP_TLS: 'true', SMTP_OPPORTUNISTIC_TLS: 'true' }),
  },
  { cause: 'CREDENTIALS_HALF', how: 'no password', env: () => ({ SMTP_PASSWORD: undefined }) },
  {
    cause: 'PASSWORD_WHITESPACE',
    how: 'a line end behind it',
    env: () => ({ SMTP_PASSWORD: 'Sesame-0pen\n' }),
    warning: true,
  },
  {
    cause: 'PASSWORD_PERCENT_ENCODED',
    how: 'encoded for a URL',
    env: () => ({ SMTP_PASSWORD: 'Sesame%2D0pen' }),
    warning: true,
  },
  {
    cause: 'PASSWORD_INVISIBLE',
    how: 'a zero-width space',
    env: () => ({ SMTP_PASSWORD: 'Sesame\u200b-0pen' }),
  },
  {
    cause: 'PASSWORD_TRUNCATED',
    how: 'cut at a #',
    env: () => ({ SMTP_PASSWORD: undefined }),
    dotenv: 'SMTP_PASSWORD=Sesame#0pen\n',
  },
  { cause: 'PLACEHOLDER_VALUE', how: 'of the example', env: () => ({ SMTP_PASSWORD: 'changeme' }) },
  { cause: 'SENDER_NOT_ADDRESS', how: 'a name', env: () => ({ SMTP_SENDER: 'Acme' }) },
  { cause: 'CIPHER_SPEC_INVALID', how: 'no list', env: () => ({ SMTP_CIPHER_SPEC: 'TLS1.2' }) },
  {
    cause: 'AUTH_IN_CLEAR',
    how: 'both flags false, another machine',
    env: () => ({
      SMTP_HOST: 'smtp.acme.io',
      SMTP_TLS: 'false',
      SMTP_OPPORTUNISTIC_TLS: 'false',
    }),
    elsewhere: true,
  },
  {
    cause: 'VALUE_TRUNCATED',
    how: 'cut at a #, not the password',
    env: () => ({}),
    dotenv: 'SMTP_FOOTER=Acme#1\n',
  },
  {
    cause: 'CIPHER_SPEC_MISREAD',
    how: 'an old protocol as a list',
    env: () => ({ SMTP_CIPHER_SPEC: 'SSLv3' }),
    warning: true,
  },
  {
    cause: 'PASSWORD_FORM',
    how: "a password of one's own at Gmail",
    env: () => ({
      SMTP_PROVIDER: 'gmail',
      SMTP_HOST: undefined,
      SMTP_PORT: undefined,
      SMTP_USERNAME: 'ada@acme.io',
      SMTP_SENDER: 'ada@acme.io',
    }),
    warning: true,
  },
  {
    cause: 'TIMEOUT_TINY',
    how: 'seconds meant, milliseconds written',
    env: () => ({ SMTP_TIMEOUT_COMMAND: '30' }),
    warning: true,
  },
  {
    cause: 'TLS_INSECURE',
    how: 'any certificate',
    env: () => ({ SMTP_TLS_INSECURE: 'true' }),
    warning: true,
  },
  {
    cause: 'PRESET_CONTRADICTED',
    how: 'a preset and another host',
    env: () => ({ SMTP_PROVIDER: 'fastmail' }),
    warning: true,
  },
  {
    cause: 'OAUTH_INCOMPLETE',
    how: 'nobody has consented',
    env: () => ({
      SMTP_PASSWORD: undefined,
      SMTP_OAUTH2_GRANT: 'refresh_token',
      SMTP_OAUTH2_TOKEN_URL: 'https://login.acme.io/token',
      SMTP_OAUTH2_CLIENT_ID: 'gatepost',
    }),
    warning: true,
  },
  {
    cause: 'SENDER_FREEMAIL',
    how: 'a sender of gmail.com through another provider',
    env: () => ({ SMTP_HOST: 'smtp.acme.io', SMTP_SENDER: 'ada@gmail.com' }),
    warning: true,
  },
];

const table: string[] = [];
afterAll(() =>
  process.stdout.write(
    `\nSettings: ${table.length} of ${rows.length} right\n${table.join('\n')}\n`,
  ),
);

const changes = ({ fix: { set, unset } }: Finding) => ({ set, unset });
const isSettable = ({ fix: { set, unset } }: Finding): boolean =>
  unset.length > 0 || Object.keys(set).length > 0;

it.each(rows)('$cause: $how', async ({ cause, how, env, dotenv, warning, elsewhere }) => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls', auth });
  const right = lab.settings(server.port, {
    SMTP_USERNAME: auth.user,
    SMTP_PASSWORD: auth.pass,
  });
  const given = { ...right, ...env(server.port, lab) };
  const dotenvPath = dotenv === undefined ? undefined : lab.file('.env', dotenv);
  const judge = () => judgedSettings({ env: given, ...(dotenvPath && { dotenvPath }) });
  const judged = judge();
  const [first] = judged.findings;
  if (!first) throw new Error('nothing is found');
  expect([first.code, first.severity]).toEqual([cause, warning ? 'warning' : 'error']);
  // The quickest of three: a busy machine makes one of them wait.
  expect(Math.min(judged.ms, judge().ms, judge().ms)).toBeLessThan(50);
  table.push(`  ${cause.padEnd(26)}${how.padEnd(48)}${JSON.stringify(changes(first))}`);
  if (warning) return;
  expect(exitCodeOf(judged.findings, { strict: false })).toBe(cause === 'AUTH_IN_CLEAR' ? 4 : 2);
  const report = await examine(judged, { doors: [] });
  expect(report.findings[0]?.code).toBe(cause);
  expect(server.connections).toEqual([]);

  // A fix that says all there is to write makes a mail go out.
  if (!isSettable(first)) return;
  const healed = fixed(given, first.fix);
  expect(
    judgedSettings({ env: healed }).findings.filter(({ severity }) => severity === 'error'),
  ).toEqual([]);
  if (elsewhere) return;
  expect((await sent(healed)).outcome).toBe('accepted');
});
