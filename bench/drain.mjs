// Row b: draining queued mails to a local server, durable as in production (claim, render, send,
// settle on the embedded database), against @nestjs-modules/mailer with its pool and its
// Handlebars adapter sending the same mail straight from memory.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MailerModule, MailerService } from '@nestjs-modules/mailer';
import { HandlebarsAdapter } from '@nestjs-modules/mailer/adapters/handlebars.adapter';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE } from '../dist/database/index.js';
import { GatepostModule } from '../dist/gatepost.module.js';
import { prepareGround } from '../dist/ground.js';
import { loggingParams } from '../dist/logging.js';
import { MailService } from '../dist/mail/index.js';
import { Renderer } from '../dist/message/index.js';
import { Outbox } from '../dist/outbox/index.js';
import { configurationOf, temporaryDirectory } from './application.mjs';
import { startSink } from './sink-process.mjs';
import { median, row } from './statistics.mjs';

const MAILS = Number(process.env.BENCH_MAILS ?? 5_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const CONNECTIONS = 5;

const token = (i) => `${String(i).padStart(8, '0')}rX3sYQk2bT8uVwZ0a1c4d7eF9gH1iJ3kL5m`;
const quiet = { logger: false };

async function drainOutbox() {
  const sink = await startSink();
  const { settings, smtp } = configurationOf({
    SMTP_PORT: String(sink.port),
    SMTP_MAX_CONNECTIONS: String(CONNECTIONS),
    DATA_DIR: temporaryDirectory(),
    ...(process.env.BENCH_DATABASE_URL && { DATABASE_URL: process.env.BENCH_DATABASE_URL }),
  });
  const ground = await prepareGround(settings, smtp, loggingParams(settings));
  const writer = await NestFactory.createApplicationContext(
    GatepostModule.forRoot(ground, 'command'),
    quiet,
  );
  const mail = writer.get(MailService, { strict: false });
  await writer
    .get(DATABASE, { strict: false })
    .transaction()
    .execute(async (tx) => {
      const expiresAt = new Date(Date.now() + 3_600_000);
      for (let i = 0; i < MAILS; i += 1)
        await mail.sendPasswordReset(tx, {
          to: `person${i}@example.com`,
          locale: 'en',
          token: token(i),
          expiresAt,
        });
    });

  const begun = performance.now();
  const worker = await NestFactory.createApplicationContext(
    GatepostModule.forRoot(ground, 'worker'),
    quiet,
  );
  while ((await sink.count()) < MAILS) await sleep(20);
  const outbox = writer.get(Outbox, { strict: false });
  while (Object.keys((await outbox.size()).waiting).length > 0) await sleep(20);
  const seconds = (performance.now() - begun) / 1_000;
  await worker.close();
  sink.stop();
  return MAILS / seconds;
}

async function sendWithMailerModule({ inlineCssEnabled }) {
  const sink = await startSink();
  const directory = temporaryDirectory();
  const product = { appName: 'Gatepost', adminWebUrl: 'https://app.bench.gatepost.dev' };
  const now = new Date();
  const sample = new Renderer(product).render(
    'password-reset',
    { token: token(0) },
    {
      to: 'person0@example.com',
      locale: 'en',
      createdAt: now,
      expiresAt: new Date(+now + 3_600_000),
    },
  );
  // The very mail, with the token as its one variable.
  writeFileSync(join(directory, 'reset.hbs'), sample.html.replaceAll(token(0), '{{token}}'));
  const app = await NestFactory.createApplicationContext(
    MailerModule.forRootAsync({
      imports: [],
      useFactory: () => ({
        transport: {
          host: '127.0.0.1',
          port: sink.port,
          ignoreTLS: true,
          pool: true,
          maxConnections: CONNECTIONS,
          maxMessages: Infinity,
        },
        defaults: { from: 'Bench <no-reply@bench.gatepost.dev>' },
        template: {
          dir: directory,
          adapter: new HandlebarsAdapter(undefined, { inlineCssEnabled }),
        },
      }),
    }),
    quiet,
  );
  const mailer = app.get(MailerService, { strict: false });
  const begun = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      while (next < MAILS) {
        const i = next++;
        await mailer.sendMail({
          to: `person${i}@example.com`,
          subject: sample.subject,
          text: sample.text.replaceAll(token(0), token(i)),
          template: 'reset',
          context: { token: token(i) },
        });
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  if ((await sink.count()) !== MAILS) throw new Error('Not all mails arrived');
  await app.close();
  sink.stop();
  return MAILS / seconds;
}

export async function drain() {
  const rates = { ours: [], module: [], withoutInlining: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.ours.push(await drainOutbox());
    rates.module.push(await sendWithMailerModule({ inlineCssEnabled: true }));
    rates.withoutInlining.push(await sendWithMailerModule({ inlineCssEnabled: false }));
  }
  const ratioTo = (name) => median(rates.ours.map((rate, i) => rate / rates[name][i]));
  const ratio = ratioTo('module');
  const perSecond = (name) => `${Math.round(median(rates[name]))}/s`;
  return row(
    `drain of ${MAILS} queued mails against mailerService.sendMail`,
    `${ratio.toFixed(2)} times`,
    'at least 1.5 times',
    ratio >= 1.5,
    `ours ${perSecond('ours')}, the module ${perSecond('module')}; with its CSS inlining off ` +
      `${perSecond('withoutInlining')} (ratio ${ratioTo('withoutInlining').toFixed(2)})`,
  );
}
