import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { emailAddressSchema } from '#address';
import { ApiProblems, Public } from '#http';
import { EvenAnswerTime } from './even-answer-time.interceptor.js';
import { linkTokenSchema, passwordSchema } from './password.schemas.js';
import { PasswordResetService } from './password-reset.service.js';

const requestSchema = z.strictObject({ email: emailAddressSchema });
const confirmSchema = z.strictObject({ token: linkTokenSchema, password: passwordSchema });

@ApiTags('auth')
@Public()
@Controller('auth/password-reset')
export class PasswordResetController {
  constructor(private readonly resets: PasswordResetService) {}

  @Post()
  @HttpCode(202)
  @EvenAnswerTime()
  @ApiOperation({
    summary: 'Mail a link to choose a new password',
    description: 'The answer is the same whether the address is known or not.',
  })
  @ApiAcceptedResponse({ standardSchema: z.object({}) })
  @ApiProblems('validation-failed', 'too-many-requests')
  async request(
    @Body({ schema: requestSchema }) { email }: z.infer<typeof requestSchema>,
  ): Promise<Record<string, never>> {
    await this.resets.request(email);
    return {};
  }

  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Choose a new password with the token of the link',
    description: 'Ends every session of the user. A refused password does not use up the link.',
  })
  @ApiNoContentResponse()
  @ApiProblems('validation-failed', 'invalid-token', 'too-many-requests', 'busy')
  confirm(
    @Body({ schema: confirmSchema }) { token, password }: z.infer<typeof confirmSchema>,
  ): Promise<void> {
    return this.resets.confirm(token, password);
  }
}
