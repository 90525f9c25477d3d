import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { emailAddressSchema } from '#address';
import { ApiProblems, Public } from '#http';
import { EvenAnswerTime } from './even-answer-time.interceptor.js';
import { passwordSchema } from './password.schemas.js';
import { refreshTokenSchema, type Session, sessionSchema } from './session.schemas.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';

const credentialsSchema = z.strictObject({ email: emailAddressSchema, password: passwordSchema });

@ApiTags('auth')
@Public()
@Controller('auth')
export class SessionController {
  constructor(
    private readonly signIns: SignInService,
    private readonly sessions: SessionService,
  ) {}

  @Post('login')
  @HttpCode(200)
  @EvenAnswerTime()
  @ApiOperation({ summary: 'Sign in with address and password' })
  @ApiOkResponse({ standardSchema: sessionSchema })
  @ApiProblems(
    'validation-failed',
    'invalid-credentials',
    'email-not-verified',
    'too-many-requests',
    'busy',
  )
  login(
    @Body({ schema: credentialsSchema }) { email, password }: z.infer<typeof credentialsSchema>,
  ): Promise<Session> {
    return this.signIns.signIn(email, password);
  }

  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Trade the refresh token for a new pair',
    description: 'A refresh token works once. One that comes back ends the whole session.',
  })
  @ApiOkResponse({ standardSchema: sessionSchema })
  @ApiProblems('validation-failed', 'invalid-refresh-token', 'too-many-requests')
  refresh(
    @Body({ schema: refreshTokenSchema }) { refreshToken }: z.infer<typeof refreshTokenSchema>,
  ): Promise<Session> {
    return this.sessions.refresh(refreshToken);
  }

  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ summary: 'End the session of this refresh token' })
  @ApiNoContentResponse()
  @ApiProblems('validation-failed', 'too-many-requests')
  logout(
    @Body({ schema: refreshTokenSchema }) { refreshToken }: z.infer<typeof refreshTokenSchema>,
  ): Promise<void> {
    return this.sessions.end(refreshToken);
  }
}
