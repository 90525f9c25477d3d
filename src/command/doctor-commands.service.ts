import { Injectable } from '@nestjs/common';
import { examine, judgeSettings, type Report } from '#doctor';
import { HostRefused } from '#egress';
import { Problem } from '#http';
import { AccessTokens } from '#oauth2';
import { AccountDirectory, AccountTrials } from '#smtp-account';
import { CommandRefused } from './command.errors.js';
import type { Command } from './command.schemas.js';

/** Exit code of the contract: what was asked for can not be examined as it is set. */
const SETTINGS = 2;

/** More accounts than anybody has. */
const ALL = 10_000;

export type DoctorCommand = Extract<Command, { command: 'doctor' }>;

/**
 * `gatepost doctor --account`: the walk runs here, where the secrets can be opened, and only its
 * report leaves. Whoever may give commands runs the server, so that mail to anybody is theirs to ask.
 */
@Injectable()
export class DoctorCommands {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly trials: AccountTrials,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * An account by name or id, disabled or not.
   *
   * @throws {CommandRefused} where there is none, or none that may be connected to
   */
  async run({ account, to, strict, timeout }: DoctorCommand): Promise<Report> {
    const id = await this.#idOf(account);
    try {
      const { read, saved } = await this.trials.ofAccount(id);
      if (!read) throw new CommandRefused(OF_THE_ENVIRONMENT);
      const ms = timeout === undefined ? undefined : timeout * 1_000;
      const tokens = saved && this.tokens;
      return await examine(judgeSettings(read), { to, strict, timeout: ms, tokens });
    } catch (error) {
      const isRefusal = error instanceof Problem || error instanceof HostRefused;
      throw isRefusal ? new CommandRefused(error.message, SETTINGS) : error;
    }
  }

  async #idOf(idOrName: string): Promise<string> {
    const all = await this.directory.list(ALL);
    const found =
      all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName);
    if (found) return found.id;
    throw new CommandRefused(
      `No SMTP account is called "${idOrName}". GET /admin/smtp-accounts lists them.`,
      SETTINGS,
    );
  }
}

const OF_THE_ENVIRONMENT =
  'This is the account of the environment. Leave --account out to examine it.';
