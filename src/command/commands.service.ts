import { Injectable } from '@nestjs/common';
import { Mails } from '#admin';
import { AccessTokens } from '#oauth2';
import { Outbox } from '#outbox';
import { SmtpAccounts } from '#smtp-account';
import { InvitationService } from '#user';
import { type CommandInput, commandSchema } from './command.schemas.js';
import { CommandRefused } from './command.errors.js';
import { ConsentCommands } from './consent-commands.service.js';
import { DoctorCommands } from './doctor-commands.service.js';
import { mailLine, mailTable, mailWithTimeline } from './mail-text.js';

/** A session, which outlives every code and link. */
const LONGEST_SECRET_MS = 30 * 24 * 60 * 60 * 1_000;

/** Carries out commands and says, for people, what became of them; the doctor's report is JSON. */
@Injectable()
export class Commands {
  constructor(
    private readonly mails: Mails,
    private readonly outbox: Outbox,
    private readonly accounts: SmtpAccounts,
    private readonly tokens: AccessTokens,
    private readonly invitations: InvitationService,
    private readonly consents: ConsentCommands,
    private readonly doctor: DoctorCommands,
  ) {}

  /** @throws {CommandRefused} where the words make no sense */
  async run(input: CommandInput): Promise<string> {
    const parsed = commandSchema.safeParse(input);
    if (!parsed.success)
      throw new CommandRefused(parsed.error.issues.map((i) => i.message).join('\n'));
    const command = parsed.data;
    switch (command.command) {
      case 'invite':
        return this.#invite(command.email, command.role);
      case 'mail-list':
        return mailTable(await this.mails.list(command, command.limit));
      case 'mail-show': {
        const { mail, timeline } = await this.mails.show(command.id);
        return mailWithTimeline(mail, timeline);
      }
      case 'mail-retry':
        return `Due now.\n${mailLine(await this.mails.retry(command.id))}`;
      case 'mail-cancel':
        return `Cancelled.\n${mailLine(await this.mails.cancel(command.id))}`;
      case 'reseal':
        return this.#reseal();
      case 'doctor':
        return JSON.stringify(await this.doctor.run(command));
      case 'oauth2-begin':
        return this.consents.begin(command.account, command.redirectUri);
      case 'oauth2-complete':
        return this.consents.complete(command);
      default:
        return command satisfies never;
    }
  }

  async #invite(email: string, role: 'admin' | 'member'): Promise<string> {
    const { mail, expiresAt } = await this.invitations.invite({ email, role });
    const where = mail
      ? `The mail is ${mail.status}; follow it with: gatepost mail show ${mail.id}`
      : 'Its mail is gone from the outbox.';
    return `${email} is invited as ${role} until ${expiresAt}.\n${where}`;
  }

  /** After a change of SECRET_KEY: what is kept is sealed anew, what is only hashed runs out. */
  async #reseal(): Promise<string> {
    const mails = await this.outbox.reseal();
    const accounts = await this.accounts.reseal();
    const tokens = await this.tokens.reseal();
    const lastDay = new Date(Date.now() + LONGEST_SECRET_MS).toISOString().slice(0, 10);
    return (
      `Sealed with the current SECRET_KEY: ${mails} mails that wait, ${accounts} SMTP accounts, tokens of ${tokens}.\n` +
      'Sessions, codes and links that people have already can not be changed: until ' +
      `${lastDay} some of them need SECRET_KEY_PREVIOUS. Remove it after that day; or now, and ` +
      'people sign in again and ask for new codes and links.'
    );
  }
}
