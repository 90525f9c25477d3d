// How long after its commit a mail is with the server, on an idle system: the worker is woken by the
// commit itself.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { DATABASE } from '../dist/database/index.js';
import { GatepostModule } from '../dist/gatepost.module.js';
import { prepareGround } from '../dist/ground.js';
import { loggingParams } from '../dist/logging.js';
import { MailService } from '../dist/mail/index.js';
import { configurationOf, temporaryDirectory } from './application.mjs';
import { createSink } from './sink.mjs';
import { quantile, row } from './statistics.mjs';

const MAILS = 200;
const WARM_UP = 20;

export async function timeToAccepted() {
  let arrived = () => {};
  const sink = createSink({ onMessage: () => arrived(performance.now()) }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const { settings, smtp } = configurationOf({
    SMTP_PORT: String(sink.address().port),
    DATA_DIR: temporaryDirectory(),
  });
  const ground = await prepareGround(settings, smtp, loggingParams(settings));
  const app = await NestFactory.createApplicationContext(GatepostModule.forRoot(ground, 'worker'), {
    logger: false,
  });
  const db = app.get(DATABASE, { strict: false });
  const mail = app.get(MailService, { strict: false });

  const times = [];
  for (let i = 0; i < MAILS + WARM_UP; i += 1) {
    const arrival = new Promise((resolve) => {
      arrived = resolve;
    });
    await db
      .transaction()
      .execute((tx) => mail.sendTest(tx, { to: `person${i}@example.com`, locale: 'en' }));
    const committed = performance.now();
    const ms = (await arrival) - committed;
    if (i >= WARM_UP) times.push(ms);
    await sleep(20);
  }
  await app.close();
  sink.close();
  const p50 = quantile(times, 0.5);
  return row(
    'from commit to the final dot on an idle system',
    `p50 ${p50.toFixed(1)} ms`,
    'at most 50 ms',
    p50 <= 50,
    `p99 ${quantile(times, 0.99).toFixed(1)} ms`,
  );
}
