import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems, type Page, pageQuerySchema, Role } from '#http';
import { type AccountChange, type User, userSchema, UserService } from '#user';
import { accountChangeSchema, userPageSchema, type UserQuery } from './users.schemas.js';

const id = z.uuid('Take the id of a user in GET /admin/users.');

@Controller('admin/users')
@Role('admin')
@ApiTags('users')
@ApiBearerAuth()
@ApiProblems('validation-failed', 'unauthenticated', 'forbidden')
export class UsersController {
  constructor(private readonly users: UserService) {}

  @Get()
  @ApiOperation({ summary: 'List users, newest first' })
  @ApiOkResponse({ standardSchema: userPageSchema })
  list(@Query({ schema: pageQuerySchema }) query: UserQuery): Promise<Page<User>> {
    return this.users.list(query);
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change role or status of a user',
    description: 'The last active admin stays one. Unverified accounts can not be changed.',
  })
  @ApiOkResponse({ standardSchema: userSchema })
  @ApiProblems('not-found', 'last-admin', 'not-verified')
  change(
    @Param('id', { schema: id }) userId: string,
    @Body({ schema: accountChangeSchema }) change: AccountChange,
  ): Promise<User> {
    return this.users.administer(userId, change);
  }
}
