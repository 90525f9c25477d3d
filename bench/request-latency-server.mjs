// One server of row a, in a process of its own: seeds users who may ask for a reset, then prints
// where it listens. SMTP_PORT says where its mail goes.
import { randomUUID } from 'node:crypto';
import { DATABASE } from '../dist/database/index.js';
import { startServer } from '../dist/server.js';
import { configurationOf, temporaryDirectory } from './application.mjs';

const { settings, smtp } = configurationOf({
  SMTP_PORT: process.env.SMTP_PORT,
  DATA_DIR: temporaryDirectory(),
});
const server = await startServer(settings, smtp);
const db = server.app.get(DATABASE, { strict: false });
const users = Array.from({ length: Number(process.env.USERS) }, (_, i) => ({
  id: randomUUID(),
  email: `person${i}@example.com`,
  name: null,
  locale: 'en',
  role: 'member',
  status: 'active',
  password_hash: null,
}));
for (let i = 0; i < users.length; i += 500)
  await db
    .insertInto('users')
    .values(users.slice(i, i + 500))
    .execute();
console.log(server.url);
process.on('SIGTERM', () => process.exit(0));
