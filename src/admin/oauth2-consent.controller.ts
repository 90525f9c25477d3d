import { Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExcludeEndpoint,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { ApiProblems, pageHeaders, Problem, Public, Role } from '#http';
import { ConsentFailed, Consents } from '#oauth2';
import { SETTINGS, type Settings } from '#settings';
import { SmtpAccounts } from '#smtp-account';
import { consentPage } from './oauth2-consent.page.js';

const id = z.union([
  z.literal('environment'),
  z.uuid('Take the id of an account in GET /admin/smtp-accounts.'),
]);

const requestSchema = z.object({
  url: z.url().describe('where whoever owns the mailbox consents, in a browser'),
  expiresAt: z.iso.datetime(),
});

// A browser could not read a problem in JSON: what is missing counts as empty.
const text = z.string().max(8_192).catch('');
const answerSchema = z.object({ state: text, code: text, error: text, error_description: text });

const CALLBACK = 'oauth2/callback';

/** The consent of whoever owns the mailbox of an account that signs in with OAuth2. */
@Controller()
@ApiTags('SMTP accounts')
export class OAuth2ConsentController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly accounts: SmtpAccounts,
    private readonly consents: Consents,
  ) {}

  @Post('admin/smtp-accounts/:id/oauth2/authorize')
  @HttpCode(200)
  @Role('admin')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Ask for consent to send by an account',
    description: `Open the URL in a browser. The provider leads it back to \`ADMIN_WEB_URL/${CALLBACK}\`, which the application has to know as a redirect URI.`,
  })
  @ApiOkResponse({ standardSchema: requestSchema })
  @ApiProblems(
    'validation-failed',
    'unauthenticated',
    'forbidden',
    'not-found',
    'consent-not-possible',
  )
  async authorize(
    @Param('id', { schema: id }) accountId: string,
  ): Promise<z.infer<typeof requestSchema>> {
    await this.accounts.reload();
    const account = this.accounts.find(accountId);
    if (!account)
      throw new Problem(
        'not-found',
        'No SMTP account with this id is in use. GET /admin/smtp-accounts lists them; enable it first if it is disabled.',
      );
    try {
      const redirectUri = `${this.settings.adminWebUrl}/${CALLBACK}`;
      const { url, expiresAt } = await this.consents.begin(account, redirectUri);
      return { url, expiresAt: expiresAt.toISOString() };
    } catch (error) {
      if (!(error instanceof ConsentFailed)) throw error;
      throw new Problem('consent-not-possible', error.message, { cause: error });
    }
  }

  /** Nobody has to be signed in here: who has the state was sent by whoever asked for it. */
  @Get(CALLBACK)
  @Public()
  @ApiExcludeEndpoint()
  async callback(
    @Query({ schema: answerSchema }) answer: z.infer<typeof answerSchema>,
    @Res() response: Response,
  ): Promise<void> {
    const { appName } = this.settings;
    pageHeaders(response);
    try {
      await this.accounts.reload();
      const account = await this.consents.complete(answer, (accountId) =>
        this.accounts.find(accountId),
      );
      response.send(consentPage({ appName, state: 'done', account: account.name }));
    } catch (error) {
      if (!(error instanceof ConsentFailed)) throw error;
      response
        .status(error.reason === 'transient' ? 502 : 400)
        .send(consentPage({ appName, state: 'failed', why: error.message }));
    }
  }
}
