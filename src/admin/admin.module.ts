import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MailsController } from './mails.controller.js';
import { Mails } from './mails.service.js';
import { MetricsController } from './metrics.controller.js';

/** What people who run Gatepost see and do. */
@Module({
  controllers: [HealthController, MailsController, MetricsController],
  providers: [Mails],
  exports: [Mails],
})
export class AdminModule {}
