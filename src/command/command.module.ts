import { Module } from '@nestjs/common';
import { Mails } from '#admin';
import { OneTimeTokenModule } from '#one-time-token';
import { UserModule } from '#user';
import { ConsentCommands } from './consent-commands.service.js';
import { Commands } from './commands.service.js';
import { DoctorCommands } from './doctor-commands.service.js';

@Module({
  imports: [UserModule, OneTimeTokenModule],
  providers: [Commands, ConsentCommands, DoctorCommands, Mails],
  exports: [Commands],
})
export class CommandModule {}
