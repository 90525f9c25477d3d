import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is counted, in the Prometheus text format; every name begins with `gatepost_`. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** Mails that have not ended, by status; set when they are read. */
  readonly queue = new Gauge({
    name: 'gatepost_mail_queue',
    help: 'Mails that have not ended, by status',
    labelNames: ['status'],
    registers: [this.registry],
  });

  readonly oldest = new Gauge({
    name: 'gatepost_mail_queue_oldest_seconds',
    help: 'Age of the oldest mail that has not ended',
    registers: [this.registry],
  });

  readonly attempts = new Counter({
    name: 'gatepost_mail_attempts_total',
    help: 'Tries to send a mail, by message kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });

  readonly ended = new Counter({
    name: 'gatepost_mails_ended_total',
    help: 'Mails that reached their end, by message kind and status',
    labelNames: ['kind', 'status'],
    registers: [this.registry],
  });

  readonly secondsToAccepted = new Histogram({
    name: 'gatepost_mail_seconds_to_accepted',
    help: 'Seconds from the commit of a mail to the 2xx of the server',
    labelNames: ['kind'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    registers: [this.registry],
  });

  readonly smtpErrors = new Counter({
    name: 'gatepost_smtp_errors_total',
    help: 'Tries that failed, by account, stage and outcome',
    labelNames: ['account', 'stage', 'outcome'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
