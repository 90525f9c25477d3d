import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { presetsTable } from '#mailer-config';
import { envExample, settingsTable, withTable } from '#settings';
import { loadConfiguration, settingSchemas } from './configuration.js';

const root = join(import.meta.dirname, '..');
const committed = readFileSync(join(root, '.env.example'), 'utf8');

describe('.env.example', () => {
  it('is what `npm run generate` writes', () => {
    expect(committed).toBe(envExample(settingSchemas));
  });

  it('names every setting once, commented out', () => {
    const names = settingSchemas.flatMap(({ shape }) => Object.keys(shape));
    const lines = committed.match(/^#?[A-Z0-9_]+=/gm);
    expect(lines?.toSorted()).toEqual(names.map((name) => `#${name}=`).toSorted());
  });

  it('changes nothing as it is', () => {
    expect(loadConfiguration({ env: {}, dotenvPath: join(root, '.env.example') })).toEqual(
      loadConfiguration({ env: {} }),
    );
  });

  it('has nothing but placeholders to replace once it is uncommented', () => {
    const result = loadConfiguration({
      env: parseEnv(committed.replace(/^#(?=[A-Z0-9_]+=)/gm, '')),
    });
    const faults = result.ok ? [] : result.faults;
    expect(faults.map(({ setting, code }) => `${setting} ${code}`)).toEqual([
      'SECRET_KEY PLACEHOLDER_VALUE',
      'SMTP_HOST PLACEHOLDER_VALUE',
      'SMTP_USERNAME PLACEHOLDER_VALUE',
      'SMTP_PASSWORD PLACEHOLDER_VALUE',
    ]);
  });
});

describe('README.md', () => {
  it.each([
    ['settings', settingsTable(settingSchemas)],
    ['presets', presetsTable()],
  ] as const)('has the table of %s that `npm run generate` writes', (name, table) => {
    const page = readFileSync(join(root, 'README.md'), 'utf8');
    expect(page).toContain(table);
    expect(withTable(page, name, table)).toBe(page);
  });
});
