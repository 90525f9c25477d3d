import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import {
  ApiProblems,
  CurrentUser,
  type Page,
  pageQuerySchema,
  pageSchema,
  type Principal,
  Role,
} from '#http';
import {
  type Invitation,
  invitationSchema,
  InvitationService,
  type NewInvitation,
  newInvitationSchema,
} from '#user';

const id = z.uuid('Take the id of an invitation in GET /admin/invitations.');

@Controller('admin/invitations')
@Role('admin')
@ApiTags('invitations')
@ApiBearerAuth()
@ApiProblems('validation-failed', 'unauthenticated', 'forbidden')
export class InvitationsController {
  constructor(private readonly invitations: InvitationService) {}

  @Post()
  @ApiOperation({
    summary: 'Invite an address',
    description:
      'Mails a link, good for seven days. An address that is invited already gets a new link with the role of now; the one before ends.',
  })
  @ApiCreatedResponse({ standardSchema: invitationSchema })
  @ApiProblems('already-a-user')
  invite(
    @CurrentUser() admin: Principal,
    @Body({ schema: newInvitationSchema }) invitation: NewInvitation,
  ): Promise<Invitation> {
    return this.invitations.invite(invitation, admin.userId);
  }

  @Get()
  @ApiOperation({ summary: 'List invitations and where their mails are, newest first' })
  @ApiOkResponse({ standardSchema: pageSchema(invitationSchema) })
  list(
    @Query({ schema: pageQuerySchema }) query: z.infer<typeof pageQuerySchema>,
  ): Promise<Page<Invitation>> {
    return this.invitations.list(query);
  }

  @Post(':id/resend')
  @HttpCode(200)
  @ApiOperation({ summary: 'Mail a new link, good for seven days; the one before ends' })
  @ApiOkResponse({ standardSchema: invitationSchema })
  @ApiProblems('not-found', 'invitation-not-pending', 'already-a-user')
  resend(
    @CurrentUser() admin: Principal,
    @Param('id', { schema: id }) invitationId: string,
  ): Promise<Invitation> {
    return this.invitations.resend(invitationId, admin.userId);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take an invitation back; its link ends' })
  @ApiNoContentResponse()
  @ApiProblems('not-found', 'invitation-not-pending')
  revoke(@Param('id', { schema: id }) invitationId: string): Promise<void> {
    return this.invitations.revoke(invitationId);
  }
}
