import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SessionCheck } from '#http';
import { OneTimeTokenModule } from '#one-time-token';
import { UserModule } from '#user';
import { AccessTokens } from './access-token.service.js';
import { BearerSession } from './bearer-session.service.js';
import { Housekeeping } from './housekeeping.service.js';
import { JoiningController } from './joining.controller.js';
import { JoiningService } from './joining.service.js';
import { LinkController } from './link.controller.js';
import { NewPassword } from './new-password.service.js';
import { PasswordChangeController } from './password-change.controller.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import { PasswordResetController } from './password-reset.controller.js';
import { PasswordResetService } from './password-reset.service.js';
import { RegistrationController } from './registration.controller.js';
import { RegistrationService } from './registration.service.js';
import { SessionController } from './session.controller.js';
import { SessionGuard } from './session.guard.js';
import { SessionRepository } from './session.repository.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';

/** Needs `DatabaseModule`, `VaultModule`, `MailModule` and the settings; guards every route. */
@Module({
  imports: [OneTimeTokenModule, UserModule],
  controllers: [
    RegistrationController,
    SessionController,
    PasswordResetController,
    PasswordChangeController,
    JoiningController,
    LinkController,
  ],
  providers: [
    AccessTokens,
    BearerSession,
    { provide: SessionCheck, useExisting: BearerSession },
    { provide: APP_GUARD, useClass: SessionGuard },
    Housekeeping,
    JoiningService,
    NewPassword,
    PasswordChangeService,
    PasswordHasher,
    PasswordResetService,
    RegistrationService,
    SessionRepository,
    SessionService,
    SignInService,
  ],
  exports: [SessionCheck],
})
export class AuthModule {}
