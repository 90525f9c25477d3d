import { type DynamicModule, Module } from '@nestjs/common';
import { formatReport, processSource } from '#settings';
import { loadConfiguration } from './configuration.js';
import { prepareGround } from './ground.js';
import { loggingParams } from './logging.js';
import { deliveryModules, mailModules } from './mail-modules.js';

/**
 * The road of a mail without the users: `MailService`, the outbox, and the worker that delivers
 * it, for another NestJS application. Reads the same settings as the server does.
 */
@Module({})
export class GatepostMailModule {
  /**
   * Opens the database and brings it up to date.
   *
   * @param source where the settings come from; the environment and `.env` unless given
   * @throws where a setting is wrong, with the whole report, or the database can't be opened
   */
  static async forRoot(source = processSource()): Promise<DynamicModule> {
    const configuration = loadConfiguration(source);
    if (!configuration.ok)
      throw new Error(formatReport(configuration.faults, configuration.warnings));
    const { settings, smtp } = configuration;
    const ground = await prepareGround(settings, smtp, loggingParams(settings));
    return {
      module: GatepostMailModule,
      imports: [...mailModules(ground), ...deliveryModules()],
    };
  }
}
