import { Module } from '@nestjs/common';
import { DeliveryWorker } from './delivery-worker.service.js';
import { MailDelivery, RANDOM } from './mail-delivery.service.js';

/** The worker. Needs the outbox, the renderer, an SMTP account and the transport beside it. */
@Module({
  providers: [MailDelivery, DeliveryWorker, { provide: RANDOM, useValue: Math.random }],
})
export class DeliveryModule {}
