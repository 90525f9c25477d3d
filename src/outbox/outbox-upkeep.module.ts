import { Module } from '@nestjs/common';
import { OutboxUpkeep } from './outbox-upkeep.service.js';

/** For processes that stay. */
@Module({ providers: [OutboxUpkeep] })
export class OutboxUpkeepModule {}
