// Writes what follows from the settings' schemas: .env.example, and the tables of settings and
// presets in README.md between their markers. `npm run generate` compiles first.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingSchemas } from '../dist/configuration.js';
import { presetsTable } from '../dist/mailer-config/index.js';
import { envExample, settingsTable, withTable } from '../dist/settings/index.js';

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');

writeFileSync(join(root, '.env.example'), envExample(settingSchemas));
const withSettings = withTable(
  readFileSync(readme, 'utf8'),
  'settings',
  settingsTable(settingSchemas),
);
writeFileSync(readme, withTable(withSettings, 'presets', presetsTable()));
