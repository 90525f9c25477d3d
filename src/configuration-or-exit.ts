import { formatReport, processSource, SETTINGS_EXIT_CODE } from '#settings';
import { type Configuration, loadConfiguration } from './configuration.js';

export type ValidConfiguration = Extract<Configuration, { ok: true }>;

/** Ends the command with this code; what is to be said has been said. */
export class ExitError extends Error {
  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

/**
 * The settings of this process. Faults are written to standard error, all at once; warnings with
 * them, and by themselves where `warn` is asked for, for the server says them and not each command.
 *
 * @throws {ExitError} with the exit code for settings, where there is a fault
 */
export function configurationOrExit({ warn = false } = {}): ValidConfiguration {
  const configuration = loadConfiguration(processSource());
  const { warnings } = configuration;
  const faults = configuration.ok ? [] : configuration.faults;
  if (faults.length > 0 || (warn && warnings.length > 0))
    process.stderr.write(`${formatReport(faults, warnings)}\n`);
  if (!configuration.ok) throw new ExitError(SETTINGS_EXIT_CODE);
  return configuration;
}
