import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems, decodeCursorOf, type Page, pageOf, pageQuerySchema, Role } from '#http';
import { AccountDirectory, AccountEditor, type AccountWarning } from '#smtp-account';
import {
  type AccountBody,
  accountBody,
  type AccountChangeBody,
  accountChangeSchema,
  accountPageSchema,
  accountSchema,
  type NewAccount,
  newAccountSchema,
  placeSchema,
} from './smtp-accounts.schemas.js';

const id = z.union([
  z.literal('environment'),
  z.uuid('Take the id of an account in GET /admin/smtp-accounts.'),
]);

@Controller('admin/smtp-accounts')
@Role('admin')
@ApiTags('SMTP accounts')
@ApiBearerAuth()
@ApiProblems('validation-failed', 'unauthenticated', 'forbidden')
export class SmtpAccountsController {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly editor: AccountEditor,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List the accounts by which mail leaves, in the order in which they are asked',
    description:
      'That of the environment (`environment`; `inbox` while the built-in inbox stands in for it) is among them.',
  })
  @ApiOkResponse({ standardSchema: accountPageSchema })
  async list(
    @Query({ schema: pageQuerySchema }) { limit, cursor }: z.infer<typeof pageQuerySchema>,
  ): Promise<Page<AccountBody>> {
    const accounts = await this.directory.list(limit + 1, decodeCursorOf(placeSchema, cursor));
    return pageOf(accounts, limit, ({ place }) => place, accountBody);
  }

  @Post()
  @ApiOperation({
    summary: 'Add an account',
    description:
      'It has to name a server by `host`, `provider` or `url`. Fields that hold a secret can be written and never read; each has a flag, such as `hasPassword`.',
  })
  @ApiCreatedResponse({ standardSchema: accountSchema })
  @ApiProblems('account-name-taken', 'body-too-large', 'host-refused')
  async create(@Body({ schema: newAccountSchema }) account: NewAccount): Promise<AccountBody> {
    const { id: accountId, warnings } = await this.editor.create(account);
    return this.#shown(accountId, warnings);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One account, and how it is doing' })
  @ApiOkResponse({ standardSchema: accountSchema })
  @ApiProblems('not-found')
  show(@Param('id', { schema: id }) accountId: string): Promise<AccountBody> {
    return this.#shown(accountId);
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change an account',
    description:
      'What is left out stays as it is, null removes a field. A change of host, port, TLS, proxy or token URL needs the secrets again, in the same request: they are never sent to where they were not given for.',
  })
  @ApiOkResponse({ standardSchema: accountSchema })
  @ApiProblems(
    'not-found',
    'account-read-only',
    'account-name-taken',
    'conflict',
    'body-too-large',
    'secret-required',
    'host-refused',
  )
  async change(
    @Param('id', { schema: id }) accountId: string,
    @Body({ schema: accountChangeSchema }) change: AccountChangeBody,
  ): Promise<AccountBody> {
    const { warnings } = await this.editor.change(accountId, change);
    return this.#shown(accountId, warnings);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove an account with its secrets',
    description: 'Mails that wait go by the others.',
  })
  @ApiNoContentResponse()
  @ApiProblems('not-found', 'account-read-only')
  remove(@Param('id', { schema: id }) accountId: string): Promise<void> {
    return this.editor.remove(accountId);
  }

  @Post(':id/default')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ask this account first, before all others',
    description: 'Without such a choice the account of the environment is asked first.',
  })
  @ApiOkResponse({ standardSchema: accountSchema })
  @ApiProblems('not-found', 'account-disabled')
  async makeDefault(@Param('id', { schema: id }) accountId: string): Promise<AccountBody> {
    await this.editor.makeDefault(accountId);
    return this.#shown(accountId);
  }

  async #shown(accountId: string, more: readonly AccountWarning[] = []): Promise<AccountBody> {
    const account = await this.directory.show(accountId);
    return accountBody({ ...account, warnings: [...account.warnings, ...more] });
  }
}
