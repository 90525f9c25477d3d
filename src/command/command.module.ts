import { Module } from '@nestjs/common';
import { Mails } from '#admin';
import { UserModule } from '#user';
import { Commands } from './commands.service.js';

@Module({ imports: [UserModule], providers: [Commands, Mails], exports: [Commands] })
export class CommandModule {}
