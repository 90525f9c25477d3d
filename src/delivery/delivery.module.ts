import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AccountChoice } from './account-choice.service.js';
import { Claims } from './claims.service.js';
import { DeliveryWorker } from './delivery-worker.service.js';
import { FailureLog } from './failure-log.service.js';
import { MailDelivery, RANDOM } from './mail-delivery.service.js';
import { Sweep } from './sweep.service.js';
import { LEASE_PACE, leasePace, WorkerLease } from './worker-lease.service.js';

/** The worker. Needs the outbox, the accounts and the metrics beside it. */
@Module({})
export class DeliveryModule {
  /** @param imports the modules that provide the renderer and the transport */
  static forRoot({ imports }: Pick<ModuleMetadata, 'imports'>): DynamicModule {
    return {
      module: DeliveryModule,
      imports: imports ?? [],
      providers: [
        Claims,
        Sweep,
        AccountChoice,
        MailDelivery,
        FailureLog,
        WorkerLease,
        DeliveryWorker,
        { provide: LEASE_PACE, useValue: leasePace },
        { provide: RANDOM, useValue: Math.random },
      ],
    };
  }
}
