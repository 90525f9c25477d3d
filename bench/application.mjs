// What the benchmarks share: the settings of a run and a database that goes away with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { loadConfiguration } from '../dist/configuration.js';

Logger.overrideLogger(false);

const directories = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Gone when the process ends. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-bench-'));
  directories.push(directory);
  return directory;
}

export function configurationOf(env) {
  const configuration = loadConfiguration({
    env: {
      PORT: '0',
      LOG_LEVEL: 'silent',
      RATE_LIMIT: 'off',
      SMTP_HOST: '127.0.0.1',
      SMTP_SENDER: 'Bench <no-reply@bench.gatepost.dev>',
      ...env,
    },
  });
  if (!configuration.ok) throw new Error(JSON.stringify(configuration.faults, undefined, 2));
  return configuration;
}
