import { Injectable } from '@nestjs/common';
import { Mails } from '#admin';
import { InvitationService } from '#user';
import { type CommandInput, commandSchema } from './command.schemas.js';
import { CommandRefused } from './command.errors.js';
import { mailLine, mailTable, mailWithTimeline } from './mail-text.js';

/** Carries out commands and says, for people, what became of them. */
@Injectable()
export class Commands {
  constructor(
    private readonly mails: Mails,
    private readonly invitations: InvitationService,
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
}
