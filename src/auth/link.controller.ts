import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { personNameSchema } from '#address';
import { pageHeaders, Problem, Public } from '#http';
import { SETTINGS, type Settings } from '#settings';
import { invitationPage } from './invitation.page.js';
import { JoiningService } from './joining.service.js';
import { PasswordResetService } from './password-reset.service.js';
import { resetPasswordPage } from './reset-password.page.js';

// What a browser sends is never refused with a problem in JSON, which nobody could read there: a
// field that is missing counts as empty, and the page says what to do.
const text = z.string().catch('');
const linkQuerySchema = z.object({ token: text });
const resetFormSchema = z
  .object({ token: text, password: text })
  .catch({ token: '', password: '' });
const joinFormSchema = z
  .object({ token: text, password: text, name: text })
  .catch({ token: '', password: '', name: '' });

/** Of a link and a mail scanner that follows it, only the scanner is in a hurry: GET spends nothing. */
@Public()
@ApiExcludeController()
@Controller('link')
export class LinkController {
  readonly #look: { appName: string; minLength: number };

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly resets: PasswordResetService,
    private readonly joining: JoiningService,
  ) {
    this.#look = { appName: settings.appName, minLength: settings.passwordMinLength };
  }

  @Get('reset-password')
  async showReset(
    @Query({ schema: linkQuerySchema }) { token }: z.infer<typeof linkQuerySchema>,
    @Res() response: Response,
  ): Promise<void> {
    if (await this.resets.isUsable(token))
      send(response, 200, resetPasswordPage({ ...this.#look, state: 'form', token }));
    else send(response, 400, resetPasswordPage({ ...this.#look, state: 'invalid' }));
  }

  @Post('reset-password')
  async reset(
    @Body({ schema: resetFormSchema }) { token, password }: z.infer<typeof resetFormSchema>,
    @Res() response: Response,
  ): Promise<void> {
    const fault = await faultOf(this.resets.confirm(token, password));
    if (!fault) return send(response, 200, resetPasswordPage({ ...this.#look, state: 'done' }));
    if (fault.code === 'invalid-token')
      return send(response, fault.status, resetPasswordPage({ ...this.#look, state: 'invalid' }));
    const error = sentenceOf(fault);
    const page = resetPasswordPage({ ...this.#look, state: 'form', token, error });
    return send(response, fault.status, page);
  }

  @Get('invitation')
  async showInvitation(
    @Query({ schema: linkQuerySchema }) { token }: z.infer<typeof linkQuerySchema>,
    @Res() response: Response,
  ): Promise<void> {
    const invitation = await this.joining.find(token);
    if (invitation)
      send(response, 200, invitationPage({ ...this.#look, state: 'form', token, ...invitation }));
    else send(response, 400, invitationPage({ ...this.#look, state: 'invalid' }));
  }

  @Post('invitation')
  async join(
    @Body({ schema: joinFormSchema }) { token, password, name }: z.infer<typeof joinFormSchema>,
    @Res() response: Response,
  ): Promise<void> {
    const invitation = await this.joining.find(token);
    if (!invitation)
      return send(response, 400, invitationPage({ ...this.#look, state: 'invalid' }));
    const fault = await faultOf(this.#accept(token, password, name));
    if (!fault) return send(response, 200, invitationPage({ ...this.#look, state: 'done' }));
    if (fault.code === 'invalid-token')
      return send(response, fault.status, invitationPage({ ...this.#look, state: 'invalid' }));
    const view = { ...this.#look, ...invitation, token, name, error: sentenceOf(fault) };
    return send(response, fault.status, invitationPage({ ...view, state: 'form' }));
  }

  async #accept(token: string, password: string, name: string): Promise<void> {
    const parsed = personNameSchema.optional().safeParse(name.trim() === '' ? undefined : name);
    if (!parsed.success)
      throw new Problem('validation-failed', parsed.error.issues[0]?.message ?? 'Check the name.');
    await this.joining.accept(token, password, parsed.data);
  }
}

/** @returns the problem a person can do something about; whatever else fails stays an error */
async function faultOf(work: Promise<unknown>): Promise<Problem | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const sentenceOf = ({ title, detail, options }: Problem): string =>
  options.errors?.[0]?.message ?? `${title}. ${detail}`;

function send(response: Response, status: number, page: string): void {
  pageHeaders(response);
  response.status(status).send(page);
}
