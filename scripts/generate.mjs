// Writes what follows from the settings' schemas: .env.example, and the tables of settings in
// README.md between their markers. `npm run generate` compiles first.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingSchemas } from '../dist/configuration.js';
import { envExample, settingsTable, withSettingsTable } from '../dist/settings/index.js';

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');

writeFileSync(join(root, '.env.example'), envExample(settingSchemas));
writeFileSync(
  readme,
  withSettingsTable(readFileSync(readme, 'utf8'), settingsTable(settingSchemas)),
);
