import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { pageHeaders, Problem, Public } from '#http';
import { inboxPage, mailDocument } from './inbox.page.js';
import { inboxIdSchema } from './inbox.schemas.js';
import { InboxStore } from './inbox-store.service.js';
import { LoopbackGuard } from './loopback.guard.js';

/** Injection token: the name of the product, for the title of the page. */
export const INBOX_APP_NAME = Symbol('gatepost:inbox-app-name');

/**
 * Holds a mail, which anybody may have written: no script, no form, nothing loaded from anywhere,
 * an origin of its own. Links open in a new tab, out of the sandbox, or the form behind a reset
 * link would be dead.
 */
const MAIL_POLICY = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

@Public()
@UseGuards(LoopbackGuard)
@ApiExcludeController()
@Controller()
export class InboxPageController {
  constructor(
    private readonly store: InboxStore,
    @Inject(INBOX_APP_NAME) private readonly appName: string,
  ) {}

  @Get('inbox')
  inbox(@Req() request: Request, @Res() response: Response): void {
    pageHeaders(response);
    response.send(inboxPage({ appName: this.appName, origin: `http://${request.headers.host}` }));
  }

  /** A document of its own: one inside `srcdoc` would get the policy of the page around it. */
  @Get('dev/inbox/:id/html')
  mail(@Param('id', { schema: inboxIdSchema }) id: string, @Res() response: Response): void {
    const mail = this.store.find(id);
    if (!mail?.html) throw new Problem('not-found', 'There is no such mail with an HTML part.');
    pageHeaders(response);
    response.removeHeader('X-Frame-Options');
    // A sandboxed page with this header is refused when somebody opens it by itself.
    response.removeHeader('Cross-Origin-Opener-Policy');
    response.set('Content-Security-Policy', MAIL_POLICY).send(mailDocument(mail.html));
  }
}
