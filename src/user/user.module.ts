import { Module } from '@nestjs/common';
import { OneTimeTokenModule } from '#one-time-token';
import { FirstAdmin } from './first-admin.service.js';
import { InvitationAcceptance } from './invitation-acceptance.service.js';
import { InvitationRepository } from './invitation.repository.js';
import { InvitationService } from './invitation.service.js';
import { ProfileController } from './profile.controller.js';
import { UserRepository } from './user.repository.js';
import { UserService } from './user.service.js';

/** Needs `DatabaseModule`, `VaultModule`, `MailModule` and the settings. */
@Module({
  imports: [OneTimeTokenModule],
  controllers: [ProfileController],
  providers: [
    UserRepository,
    UserService,
    InvitationRepository,
    InvitationService,
    InvitationAcceptance,
    FirstAdmin,
  ],
  exports: [UserRepository, UserService, InvitationService, InvitationAcceptance, FirstAdmin],
})
export class UserModule {}
