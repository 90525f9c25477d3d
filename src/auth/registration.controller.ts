import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ApiProblems, Public } from '#http';
import { EvenAnswerTime } from './even-answer-time.interceptor.js';
import {
  type NewRegistration,
  registrationSchema,
  resendSchema,
  type VerificationState,
  verificationSchema,
  verificationStateSchema,
} from './registration.schemas.js';
import { RegistrationService } from './registration.service.js';
import { type Session, sessionSchema } from './session.schemas.js';

@ApiTags('auth')
@Public()
@EvenAnswerTime()
@Controller('auth')
export class RegistrationController {
  constructor(private readonly registrations: RegistrationService) {}

  @Post('register')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Register an address',
    description:
      'Mails a code to the address. The answer is the same for an address that is known already; its owner gets a mail that says so. Registering an unverified address again replaces name and password as soon as a new code may be mailed.',
  })
  @ApiAcceptedResponse({ standardSchema: verificationStateSchema })
  @ApiProblems('validation-failed', 'too-many-requests', 'busy')
  register(
    @Body({ schema: registrationSchema }) registration: NewRegistration,
  ): Promise<VerificationState> {
    return this.registrations.register(registration);
  }

  @Post('verification')
  @HttpCode(200)
  @ApiOperation({ summary: 'Verify the address with the code from the mail, and sign in' })
  @ApiOkResponse({ standardSchema: sessionSchema })
  @ApiProblems('validation-failed', 'invalid-code', 'too-many-requests')
  verify(
    @Body({ schema: verificationSchema }) { email, code }: z.infer<typeof verificationSchema>,
  ): Promise<Session> {
    return this.registrations.verify(email, code);
  }

  @Post('verification/resend')
  @HttpCode(202)
  @ApiOperation({ summary: 'Mail a new code; the one before ends' })
  @ApiAcceptedResponse({ standardSchema: verificationStateSchema })
  @ApiProblems('validation-failed', 'too-many-requests')
  resend(
    @Body({ schema: resendSchema }) { email }: z.infer<typeof resendSchema>,
  ): Promise<VerificationState> {
    return this.registrations.resend(email);
  }
}
