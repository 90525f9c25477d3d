// Commits CHAOS_MAILS mails through MailService, in a process of its own, and says each time how
// many there are: what has been said is promised. Recipients are mail0@, mail1@, … example.com.
import { NestFactory } from '@nestjs/core';
import { loadConfiguration } from '../../dist/configuration.js';
import { DATABASE } from '../../dist/database/index.js';
import { GatepostModule } from '../../dist/gatepost.module.js';
import { prepareGround } from '../../dist/ground.js';
import { loggingParams } from '../../dist/logging.js';
import { MailService } from '../../dist/mail/index.js';

const TOGETHER = 100;
const LIFETIME_MS = 24 * 3_600_000;
const count = Number(process.env.CHAOS_MAILS);

const configuration = loadConfiguration({ env: { ...process.env, LOG_LEVEL: 'error' } });
if (!configuration.ok) throw new Error(JSON.stringify(configuration.faults));
const { settings, smtp } = configuration;
const ground = await prepareGround(settings, smtp, loggingParams(settings));
const app = await NestFactory.createApplicationContext(GatepostModule.forRoot(ground, 'command'), {
  logger: ['error'],
});
const mail = app.get(MailService, { strict: false });
const db = app.get(DATABASE, { strict: false });
for (let done = 0; done < count;) {
  const next = Math.min(count, done + TOGETHER);
  await db.transaction().execute(async (tx) => {
    for (let i = done; i < next; i += 1)
      await mail.sendPasswordReset(tx, {
        to: `mail${i}@example.com`,
        locale: 'en',
        token: `${String(i).padStart(8, '0')}rX3sYQk2bT8uVwZ0a1c4d7eF9gH1iJ3kL5m`,
        expiresAt: new Date(Date.now() + LIFETIME_MS),
      });
  });
  done = next;
  console.log(done);
}
await app.close();
