// Which slice may import which, held by the linter. Another slice is reached only through its
// index.ts, as #name; files directly under src/ put the slices together and may import all.
export const allowedImports = {
  address: [],
  settings: ['address'],
  vault: ['settings'],
  http: ['settings'],
  'mailer-config': ['settings', 'address'],
  message: ['settings', 'address'],
  database: ['settings'],
  'one-time-token': ['database', 'vault'],
  outbox: ['database', 'vault'],
  'smtp-account': ['database', 'vault', 'mailer-config'],
  smtp: ['mailer-config'],
  mail: ['settings', 'address', 'database', 'message', 'outbox'],
  delivery: ['settings', 'database', 'outbox', 'message', 'smtp-account', 'smtp'],
  user: ['settings', 'address', 'http', 'database', 'one-time-token', 'mail'],
  auth: ['settings', 'address', 'http', 'database', 'one-time-token', 'mail', 'vault', 'user'],
  doctor: ['settings', 'mailer-config', 'smtp-account', 'smtp'],
  inbox: ['settings', 'http'],
  admin: [
    'settings',
    'address',
    'http',
    'database',
    'outbox',
    'mail',
    'smtp-account',
    'user',
    'doctor',
  ],
};

// Packages that one slice alone may import, so that what they do is reached by one door.
export const soleImporter = {
  handlebars: 'message',
  '@css-inline/css-inline': 'message',
  nodemailer: 'smtp',
  '@nestjs-modules/mailer': 'smtp',
  kysely: 'database',
  pg: 'database',
  '@electric-sql/pglite': 'database',
  jose: 'auth',
  '@node-rs/argon2': 'auth',
  'smtp-server': 'inbox',
  'postal-mime': 'inbox',
  helmet: 'http',
  'express-rate-limit': 'http',
};
