import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { AdminModule } from '#admin';
import { AuthModule } from '#auth';
import { CommandModule } from '#command';
import { DoctorModule } from '#doctor';
import { EdgeModule } from '#http';
import { InboxModule } from '#inbox';
import { OneTimeTokenModule } from '#one-time-token';
import type { Settings } from '#settings';
import { UserModule } from '#user';
import type { Ground } from './ground.js';
import { deliveryModules, mailModules } from './mail-modules.js';

/** The slices, put together: those that every process needs, and those of its role. */
@Module({})
export class GatepostModule {
  static forRoot(ground: Ground, role: Settings['role'] | 'command'): DynamicModule {
    const { settings, inbox, judged, logging } = ground;
    const everywhere = [
      LoggerModule.forRoot(logging),
      ...mailModules(ground),
      OneTimeTokenModule,
      UserModule,
      CommandModule,
    ];
    const api = [
      EdgeModule,
      AuthModule,
      AdminModule,
      ...(inbox ? [InboxModule.forRoot({ ...inbox, appName: settings.appName })] : []),
    ];
    return {
      module: GatepostModule,
      imports: [
        ...everywhere,
        ...(role === 'command'
          ? []
          : [DoctorModule.forRoot(judged, { checksAtStart: role !== 'api' })]),
        ...(role === 'all' || role === 'api' ? api : []),
        ...(role === 'all' || role === 'worker' ? deliveryModules() : []),
      ],
    };
  }
}
