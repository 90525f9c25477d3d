import { Module } from '@nestjs/common';
import { OneTimeTokenModule } from '#one-time-token';
import { UserModule } from '#user';
import { DoctorController } from './doctor.controller.js';
import { DoctorRuns } from './doctor.service.js';
import { HealthController } from './health.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { MailsController } from './mails.controller.js';
import { Mails } from './mails.service.js';
import { MetricsController } from './metrics.controller.js';
import { OAuth2ConsentController } from './oauth2-consent.controller.js';
import { SmtpAccountsController } from './smtp-accounts.controller.js';
import { UsersController } from './users.controller.js';

/** What people who run Gatepost see and do. */
@Module({
  imports: [UserModule, OneTimeTokenModule],
  controllers: [
    DoctorController,
    HealthController,
    InvitationsController,
    MailsController,
    MetricsController,
    OAuth2ConsentController,
    SmtpAccountsController,
    UsersController,
  ],
  providers: [DoctorRuns, Mails],
})
export class AdminModule {}
