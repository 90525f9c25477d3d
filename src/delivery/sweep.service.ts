import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '#metrics';
import { Outbox } from '#outbox';
import { WorkerLease } from './worker-lease.service.js';

const EVERY = 10_000;

/** Ends what has expired and takes back what dead workers held. */
@Injectable()
export class Sweep {
  readonly #logger = new Logger('Delivery');
  #last = -Infinity;

  constructor(
    private readonly outbox: Outbox,
    private readonly metrics: Metrics,
    private readonly lease: WorkerLease,
  ) {}

  /** There was more than one step could end: the rest is for the next. */
  get isPartial(): boolean {
    return this.#last === -Infinity;
  }

  get isDue(): boolean {
    return performance.now() - this.#last >= EVERY && this.outbox.hasRoom;
  }

  /** Does nothing where that was done a moment ago. */
  async ifDue(): Promise<void> {
    if (!this.isDue) return;
    this.#last = performance.now();
    const { kinds, isPartial } = await this.outbox.expire();
    for (const kind of kinds) this.metrics.ended.inc({ kind, status: 'expired' });
    await this.takeBack('lease-over');
    // The rest after the next claim, so that fresh mails do not wait for thousands of dead ones.
    if (isPartial) this.#last = -Infinity;
  }

  /** Somebody has died. */
  makeDue(): void {
    this.#last = -Infinity;
  }

  async takeBack(which: 'lease-over' | 'all'): Promise<void> {
    const { queued, held } = await this.outbox.reclaim(which, this.lease.owner);
    if (queued > 0)
      this.#logger.warn(`${queued} mails of a worker that died are in the queue again`);
    for (const { id: mailId, kind } of held) {
      this.metrics.quarantined.inc({ kind });
      this.#logger.error(
        { mailId, kind },
        'The worker died twice while sending this mail. It is held: see above what ended the worker, ' +
          'then retry it (gatepost mail retry) or cancel it (gatepost mail cancel)',
      );
    }
  }
}
