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

  readonly quarantined = new Counter({
    name: 'gatepost_mails_quarantined_total',
    help: 'Mails that are held because their worker died twice while sending them, by message kind',
    labelNames: ['kind'],
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

  readonly accountUp = new Gauge({
    name: 'gatepost_smtp_account_up',
    help: '1: mails go by this account; 0: it is left alone for a while, or wants a consent',
    labelNames: ['account'],
    registers: [this.registry],
  });
  readonly accountSent = new Gauge({
    name: 'gatepost_smtp_account_sent',
    help: 'Mails that an account had accepted in the last minute and day',
    labelNames: ['account', 'window'],
    registers: [this.registry],
  });
  readonly accountLimit = new Gauge({
    name: 'gatepost_smtp_account_limit',
    help: 'Mails that an account may send in a minute and day, where there is a limit',
    labelNames: ['account', 'window'],
    registers: [this.registry],
  });
  readonly accountLastSuccess = new Gauge({
    name: 'gatepost_smtp_account_last_success_timestamp_seconds',
    help: 'When an account last had a mail accepted (Unix time)',
    labelNames: ['account'],
    registers: [this.registry],
  });
  readonly accountTokenExpiry = new Gauge({
    name: 'gatepost_smtp_account_token_expiry_timestamp_seconds',
    help: 'When the access token of an account ends (Unix time)',
    labelNames: ['account'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
