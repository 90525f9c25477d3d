import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems, CurrentUser, type Principal } from '#http';
import { PasswordChangeService } from './password-change.service.js';
import { passwordSchema } from './password.schemas.js';

const passwordChangeSchema = z.strictObject({
  currentPassword: passwordSchema,
  newPassword: passwordSchema,
});

@ApiTags('users')
@ApiBearerAuth()
@Controller('users/me/password')
export class PasswordChangeController {
  constructor(private readonly passwords: PasswordChangeService) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Change the password',
    description: 'Ends the other sessions and mails a notice.',
  })
  @ApiNoContentResponse()
  @ApiProblems(
    'validation-failed',
    'unauthenticated',
    'invalid-credentials',
    'too-many-requests',
    'busy',
  )
  change(
    @CurrentUser() user: Principal,
    @Body({ schema: passwordChangeSchema }) passwords: z.infer<typeof passwordChangeSchema>,
  ): Promise<void> {
    return this.passwords.change(user, passwords);
  }
}
