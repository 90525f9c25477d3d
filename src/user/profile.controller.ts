import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CurrentUser, type Principal } from '#http';
import { type ProfileChange, profileChangeSchema, type User, userSchema } from './user.schemas.js';
import { UserService } from './user.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('users/me')
export class ProfileController {
  constructor(private readonly users: UserService) {}

  @Get()
  @ApiOperation({ summary: 'Who is signed in' })
  @ApiOkResponse({ standardSchema: userSchema })
  @ApiProblems('unauthenticated')
  read(@CurrentUser() user: Principal): Promise<User> {
    return this.users.get(user.userId);
  }

  @Patch()
  @ApiOperation({ summary: 'Change name or language' })
  @ApiOkResponse({ standardSchema: userSchema })
  @ApiProblems('validation-failed', 'unauthenticated')
  change(
    @CurrentUser() user: Principal,
    @Body({ schema: profileChangeSchema }) change: ProfileChange,
  ): Promise<User> {
    return this.users.changeProfile(user.userId, change);
  }
}
