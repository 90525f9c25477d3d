import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { personNameSchema } from '#address';
import { ApiProblems, Public } from '#http';
import { JoiningService } from './joining.service.js';
import { linkTokenSchema, passwordSchema } from './password.schemas.js';
import { type Session, sessionSchema } from './session.schemas.js';

const acceptSchema = z.strictObject({
  token: linkTokenSchema,
  name: personNameSchema.optional(),
  password: passwordSchema,
});

@ApiTags('auth')
@Public()
@Controller('invitations')
export class JoiningController {
  constructor(private readonly joining: JoiningService) {}

  @Post('accept')
  @ApiOperation({
    summary: 'Accept an invitation, and sign in',
    description: 'The role is that of the invitation, as it stands at this moment.',
  })
  @ApiCreatedResponse({ standardSchema: sessionSchema })
  @ApiProblems('validation-failed', 'invalid-token', 'already-a-user', 'too-many-requests', 'busy')
  accept(
    @Body({ schema: acceptSchema }) { token, name, password }: z.infer<typeof acceptSchema>,
  ): Promise<Session> {
    return this.joining.accept(token, password, name);
  }
}
