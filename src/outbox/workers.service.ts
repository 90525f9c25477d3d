import { Inject, Injectable } from '@nestjs/common';
import { DATABASE_CONNECTION, type DatabaseConnection } from '#database';
import { beat, type Beats, beatsBeside, declareDead, discharge, enlist } from './worker.query.js';

/** Who takes mails from the outbox, and who lives. */
@Injectable()
export class Workers {
  constructor(@Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection) {}

  /** Are there others? An embedded database has one process, and nobody to show life to. */
  get areMany(): boolean {
    return this.connection.kind === 'postgresql';
  }

  enlist(id: string): Promise<void> {
    return enlist(this.connection.db, id);
  }

  /** @returns false where it was taken for dead, which is for good */
  beat(id: string): Promise<boolean> {
    return beat(this.connection.db, id);
  }

  beside(id: string): Promise<Beats[]> {
    return beatsBeside(this.connection.db, id);
  }

  /** @returns false where it has shown life since, or was known to be dead */
  declareDead(worker: Beats): Promise<boolean> {
    return declareDead(this.connection.db, worker);
  }

  discharge(id: string): Promise<void> {
    return discharge(this.connection.db, id);
  }
}
