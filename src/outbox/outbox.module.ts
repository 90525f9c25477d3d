import { Global, Module } from '@nestjs/common';
import { Outbox } from './outbox.service.js';
import { Workers } from './workers.service.js';

@Global()
@Module({ providers: [Outbox, Workers], exports: [Outbox, Workers] })
export class OutboxModule {}
