import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { formatFault } from '#settings';
import { loadConfiguration } from './configuration.js';

const page = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const [, chapter = ''] = /^## Recipes\n([\s\S]*?)^## /m.exec(page) ?? [];

interface Recipe {
  readonly title: string;
  readonly form: 'env' | 'yaml';
  readonly text: string;
}

const recipes: readonly Recipe[] = chapter
  .split(/^### /m)
  .slice(1)
  .flatMap((section) =>
    [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, form, text = '']) => ({
      title: section.slice(0, section.indexOf('\n')),
      form: form as 'env' | 'yaml',
      text,
    })),
  );

/** A list of `NAME=value` under `environment:`, plain scalars only (YAML 1.2 section 7.3.3). */
function parseEnvironment(yaml: string): Record<string, string> {
  const [head, ...items] = yaml.trimEnd().split('\n');
  expect(head).toBe('environment:');
  return Object.fromEntries(
    items.map((item) => {
      const [, name = '', value = ''] = /^ {2}- ([A-Z0-9_]+)=(.+)$/.exec(item) ?? [];
      // What YAML or compose would read in another way than it stands there.
      expect(`${name}=${value}`).not.toMatch(/^=|: | #|\$|\s$/);
      return [name, value];
    }),
  );
}

const directory = mkdtempSync(join(tmpdir(), 'gatepost-recipes-'));
afterAll(() => rmSync(directory, { recursive: true }));

const serviceKey = join(directory, 'service-key.json');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
writeFileSync(
  serviceKey,
  JSON.stringify({
    client_email: 'mail@acme.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }),
);

/** With what people put in place of placeholders. */
function settingsOf({ form, text }: Recipe): Record<string, string | undefined> {
  const filled = text
    .replaceAll('your-domain.com', 'acme.io')
    .replaceAll('…', 'Sesame0pen')
    .replaceAll('/run/secrets/service-key.json', serviceKey);
  return form === 'env' ? parseEnv(filled) : parseEnvironment(filled);
}

const servers: Record<string, readonly string[]> = {
  Gmail: ['smtp.gmail.com:587 starttls'],
  'Google Workspace relay': ['smtp-relay.gmail.com:587 starttls'],
  'Microsoft 365 (OAuth2)': [
    'smtp.office365.com:587 starttls',
    'your-domain-com.mail.protection.outlook.com:25 starttls',
  ],
  'Amazon SES': ['email-smtp.eu-west-1.amazonaws.com:587 starttls'],
  SendGrid: ['smtp.sendgrid.net:587 starttls'],
  Mailgun: ['smtp.mailgun.org:587 starttls'],
  Postmark: ['smtp.postmarkapp.com:587 starttls'],
  'A local relay': ['localhost:25 clear', 'host.docker.internal:25 clear'],
};

describe('The recipes of README.md', () => {
  it('are there for each of these, as .env and for compose', () => {
    const forms = recipes.map(({ title, form }) => `${title} ${form}`);
    expect([...new Set(forms)]).toEqual(
      Object.keys(servers).flatMap((title) => [`${title} env`, `${title} yaml`]),
    );
  });

  it.each(recipes.map((recipe, index) => [recipe.title, recipe.form, index, recipe] as const))(
    '%s, %s (%i): is accepted, and leads to the server it is about',
    (title, _form, _index, recipe) => {
      const result = loadConfiguration({ env: settingsOf(recipe) });
      expect(result.ok ? [] : result.faults.map((fault) => formatFault(fault))).toEqual([]);
      const { host, port, security, auth } = (result.ok && result.smtp) || {};
      expect(servers[title]).toContain(`${host}:${port} ${security}`);
      const isToBeConsented = auth?.oauth2?.grant === 'refresh_token';
      const warnings = isToBeConsented ? ['OAUTH_INCOMPLETE'] : [];
      expect(result.warnings.map(({ code }) => code)).toEqual(warnings);
    },
  );

  it('set the same as .env and for compose, but for the way from a container', () => {
    const inForm = (form: string) => recipes.filter((recipe) => recipe.form === form);
    const [env, yaml] = [inForm('env'), inForm('yaml')].map((list) => list.map(settingsOf));
    const local = env?.find(({ SMTP_HOST }) => SMTP_HOST === 'localhost');
    const fromContainer = { ...local, SMTP_HOST: 'host.docker.internal' };
    expect(yaml).toEqual(env?.map((settings) => (settings === local ? fromContainer : settings)));
  });

  it('name no preset and no setting that is not there', () => {
    const named = chapter.match(/SMTP_PROVIDER=[a-z0-9:-]+/g) ?? [];
    for (const SMTP_PROVIDER of named.map((text) => text.split('=')[1]))
      expect(loadConfiguration({ env: { SMTP_PROVIDER, SMTP_SENDER: 'a@acme.io' } }).ok).toBe(true);
    expect(new Set(named).size).toBeGreaterThan(8);
  });
});
