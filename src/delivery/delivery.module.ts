import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { DeliveryWorker } from './delivery-worker.service.js';
import { MailDelivery, RANDOM } from './mail-delivery.service.js';

/** The worker. Needs the outbox, the accounts and the metrics beside it. */
@Module({})
export class DeliveryModule {
  /** @param imports the modules that provide the renderer and the transport */
  static forRoot({ imports }: Pick<ModuleMetadata, 'imports'>): DynamicModule {
    return {
      module: DeliveryModule,
      imports: imports ?? [],
      providers: [MailDelivery, DeliveryWorker, { provide: RANDOM, useValue: Math.random }],
    };
  }
}
