import {
  Controller,
  Delete,
  Get,
  HttpCode,
  type MessageEvent,
  Param,
  Query,
  Res,
  Sse,
  UseGuards,
} from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Observable } from 'rxjs';
import { ApiProblems, Problem, Public } from '#http';
import {
  type InboxArrival,
  type InboxItem,
  inboxIdSchema,
  inboxItemSchema,
  type InboxPage,
  inboxPageSchema,
  type InboxQuery,
  inboxQuerySchema,
  type InboxWait,
  inboxWaitSchema,
} from './inbox.schemas.js';
import { InboxStore } from './inbox-store.service.js';
import { LoopbackGuard } from './loopback.guard.js';

@Public()
@UseGuards(LoopbackGuard)
@ApiTags('inbox')
@Controller('dev/inbox')
export class InboxController {
  constructor(private readonly store: InboxStore) {}

  @Get()
  @ApiOperation({ summary: 'The mails of the built-in inbox, newest first' })
  @ApiOkResponse({ standardSchema: inboxPageSchema })
  @ApiProblems('validation-failed', 'not-found')
  list(@Query({ schema: inboxQuerySchema }) query: InboxQuery): InboxPage {
    return this.store.page(query);
  }

  @Get('wait')
  @ApiOperation({ summary: 'The first mail that matches, as soon as it is there' })
  @ApiOkResponse({ standardSchema: inboxItemSchema })
  @ApiNoContentResponse({ description: 'The time was over first' })
  @ApiProblems('validation-failed', 'not-found')
  async wait(
    @Query({ schema: inboxWaitSchema }) query: InboxWait,
    @Res({ passthrough: true }) response: Response,
  ): Promise<InboxItem | undefined> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const item = await this.store.wait(query, gone.signal);
    if (!item) response.status(204);
    return item;
  }

  @Sse('events')
  @ApiOperation({
    summary: 'What happens in the inbox, as server-sent events',
    description: '`arrived` brings a mail without its parts and headers; `cleared` brings nothing.',
  })
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @ApiProblems('not-found')
  events(): Observable<MessageEvent> {
    return new Observable((subscriber) =>
      this.store.watch({
        arrived: (item) => subscriber.next({ type: 'arrived', data: arrival(item) }),
        cleared: () => subscriber.next({ type: 'cleared', data: {} }),
        closed: () => subscriber.complete(),
      }),
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'One mail' })
  @ApiOkResponse({ standardSchema: inboxItemSchema })
  @ApiProblems('validation-failed', 'not-found')
  find(@Param('id', { schema: inboxIdSchema }) id: string): InboxItem {
    return this.store.find(id) ?? gone();
  }

  @Get(':id/raw')
  @ApiOperation({ summary: 'The source of a mail, byte for byte' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string', format: 'binary' } } } })
  @ApiProblems('validation-failed', 'not-found')
  raw(@Param('id', { schema: inboxIdSchema }) id: string, @Res() response: Response): void {
    const raw = this.store.raw(id) ?? gone();
    // As text, never as message/rfc822: some browsers hand that over to a mail program.
    response
      .set({
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Disposition': `inline; filename="${id}.eml"`,
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'X-Content-Type-Options': 'nosniff',
      })
      .send(raw);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Throws all mails away' })
  @ApiNoContentResponse()
  @ApiProblems('not-found')
  clear(): void {
    this.store.clear();
  }
}

function gone(): never {
  throw new Problem(
    'not-found',
    'This mail is not in the inbox: it was cleared or made way for newer ones. GET /dev/inbox lists those that are there.',
  );
}

const arrival = ({
  text: _text,
  html: _html,
  headers: _headers,
  ...rest
}: InboxItem): InboxArrival => rest;
