import { Injectable } from '@nestjs/common';
import { ConsentFailed, type ConsentAnswer, Consents } from '#oauth2';
import { SmtpAccounts } from '#smtp-account';
import { CommandRefused } from './command.errors.js';

/** Exit codes of the contract, for what a consent can come to. */
const EXIT_CODES = {
  unknown: 1,
  impossible: 2,
  settings: 2,
  transient: 3,
  refused: 6,
} as const satisfies Record<ConsentFailed['reason'], number>;

/** The two halves of `gatepost oauth2 authorize`; between them somebody sits before a browser. */
@Injectable()
export class ConsentCommands {
  constructor(
    private readonly accounts: SmtpAccounts,
    private readonly consents: Consents,
  ) {}

  /** @returns the URL to open, and nothing else */
  async begin(idOrName: string, redirectUri: string): Promise<string> {
    await this.accounts.reload();
    const account = this.accounts.find(idOrName);
    if (!account)
      throw new CommandRefused(
        idOrName === 'environment'
          ? 'No SMTP account is set in the environment. Name one of the others with --account.'
          : `No SMTP account in use is called "${idOrName}". GET /admin/smtp-accounts lists them.`,
        EXIT_CODES.impossible,
      );
    const { url } = await refusing(this.consents.begin(account, redirectUri));
    return url;
  }

  async complete(answer: ConsentAnswer): Promise<string> {
    await this.accounts.reload();
    const find = (id: string) => this.accounts.find(id);
    const { name } = await refusing(this.consents.complete(answer, find));
    return `The SMTP account "${name}" can send again: the consent is stored.`;
  }
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ConsentFailed)) throw error;
    throw new CommandRefused(error.message, EXIT_CODES[error.reason]);
  }
}
