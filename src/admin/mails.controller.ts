import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems, decodeCursor, type Page, pageOf, Role } from '#http';
import {
  type MailBody,
  mailBody,
  mailPageSchema,
  type MailQuery,
  mailQuerySchema,
  mailSchema,
  type MailWithTimelineBody,
  mailWithTimelineBody,
  mailWithTimelineSchema,
} from './mails.schemas.js';
import { Mails } from './mails.service.js';

const id = z.uuid('Take the id of a mail in GET /admin/mails.');

@Controller('admin/mails')
@Role('admin')
@ApiTags('mails')
@ApiBearerAuth()
@ApiProblems('validation-failed', 'unauthenticated', 'forbidden')
export class MailsController {
  constructor(private readonly mails: Mails) {}

  @Get()
  @ApiOperation({ summary: 'List mails, newest first' })
  @ApiOkResponse({ standardSchema: mailPageSchema })
  async list(@Query({ schema: mailQuerySchema }) query: MailQuery): Promise<Page<MailBody>> {
    const { limit, cursor, ...filter } = query;
    const mails = await this.mails.list({ ...filter, after: decodeCursor(cursor) }, limit + 1);
    return pageOf(mails, limit, (mail) => ({ at: mail.createdAt, id: mail.id }), mailBody);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One mail with the timeline of its delivery' })
  @ApiOkResponse({ standardSchema: mailWithTimelineSchema })
  @ApiProblems('not-found')
  async show(@Param('id', { schema: id }) mailId: string): Promise<MailWithTimelineBody> {
    const { mail, timeline } = await this.mails.show(mailId);
    return mailWithTimelineBody(mail, timeline);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Try a waiting, held or failed mail again now' })
  @ApiAcceptedResponse({ standardSchema: mailSchema })
  @ApiProblems('not-found', 'spent-secret', 'mail-not-retryable')
  async retry(@Param('id', { schema: id }) mailId: string): Promise<MailBody> {
    return mailBody(await this.mails.retry(mailId));
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Never send a waiting or held mail' })
  @ApiAcceptedResponse({ standardSchema: mailSchema })
  @ApiProblems('not-found', 'mail-not-cancellable')
  async cancel(@Param('id', { schema: id }) mailId: string): Promise<MailBody> {
    return mailBody(await this.mails.cancel(mailId));
  }
}
