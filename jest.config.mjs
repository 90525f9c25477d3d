import { allowedImports } from './lint/slices.mjs';

const slices = Object.keys(allowedImports).join('|');

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    [`^#(${slices})$`]: '<rootDir>/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  // The CommonJS mailer module meets @nestjs/common in a require cycle unless the ESM copies
  // are loaded first.
  setupFiles: ['<rootDir>/test/harness/load-nest-first.ts'],
  globalSetup: '<rootDir>/test/harness/global-setup.mjs',
  globalTeardown: '<rootDir>/test/harness/global-teardown.mjs',
};

// What these look at is the same whatever the database is: a mail server or its provider, keys, the
// edge, words on a command line. Once is enough.
const onOneDatabase = [
  'causes',
  'command-line',
  'doctor',
  'doctor-command',
  'enumeration',
  'failover',
  'fairness',
  'http-edge',
  'mail-content',
  'oauth2-consent',
  'oauth2-mail',
  'secret-key',
  'server-faults',
  'smtp-accounts',
  'smtp-outage',
  'smtp-security',
  'smuggling',
  'unreachable',
];

// What only one database can do: a directory that a second process must not enter, a disk that we
// watch; many processes.
const notOn = {
  embedded: ['roles', 'many-workers', 'database-outage', ...onOneDatabase],
  // There each kill is waited for until a lease ends; `npm run chaos -- --stages` does that.
  postgresql: ['second-process', 'full-disk', 'chaos-stages'],
};

// All others run twice, once on each database.
const journeysOn = (database) => ({
  ...shared,
  displayName: `journeys on ${database}`,
  testMatch: ['<rootDir>/test/journeys/**/*.spec.ts'],
  testPathIgnorePatterns: notOn[database].map((name) => `/journeys/${name}\\.spec\\.ts$`),
  globals: { GATEPOST_DATABASE: database },
});

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/*.spec.ts'],
      globals: { GATEPOST_DATABASE: 'embedded' },
    },
    {
      ...shared,
      displayName: 'browser',
      testMatch: ['<rootDir>/test/browser/**/*.spec.ts'],
      globals: { GATEPOST_DATABASE: 'embedded' },
    },
    {
      ...shared,
      displayName: 'peers',
      testMatch: ['<rootDir>/test/peers/**/*.spec.ts'],
      globals: { GATEPOST_DATABASE: 'embedded' },
    },
    journeysOn('embedded'),
    journeysOn('postgresql'),
  ],
  reporters: [
    'default',
    '<rootDir>/test/harness/matrix-reporter.mjs',
    '<rootDir>/test/harness/summary-reporter.mjs',
  ],
  maxWorkers: 2,
  testTimeout: 30_000,
};
