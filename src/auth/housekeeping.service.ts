import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { OneTimeTokens } from '#one-time-token';
import { UserRepository } from '#user';
import { SessionRepository } from './session.repository.js';

const HOUR_MS = 60 * 60 * 1000;

/** Removes once an hour what is over and done with; any number of processes may do it. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Housekeeping');
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly tokens: OneTimeTokens,
    private readonly sessions: SessionRepository,
    private readonly users: UserRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.tidy(), HOUR_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async tidy(): Promise<void> {
    try {
      await this.tokens.purge();
      await this.sessions.purge(this.db);
      await this.users.removeStale(this.db);
    } catch (error) {
      this.#logger.warn(`Could not tidy up; trying again in an hour: ${String(error)}`);
    }
  }
}
