// Ours, as in production: claim, render, compose, send and settle, each mail a row of the outbox.
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../application.mjs';
import { addressOf, HOUR, token } from '../mails.mjs';
import { askSink } from '../sink-process.mjs';

/** Milliseconds between two looks at the sink, and then at the outbox. */
const LOOK = 10;

/** @param databaseUrl undefined: the embedded database */
export async function start({ port, connections, databaseUrl }) {
  const env = { SMTP_MAX_CONNECTIONS: String(connections) };
  const worker = await startWorker({ port, databaseUrl, env });
  const sink = await askSink(port);
  let before = 0;
  let filling;
  return {
    /** Everything is written in a transaction that stays open: no mail is visible yet. */
    async prepare({ mails }) {
      before = await sink.count();
      const filled = Promise.withResolvers();
      const go = Promise.withResolvers();
      const committed = worker.db.transaction().execute(async (tx) => {
        const expiresAt = new Date(Date.now() + HOUR);
        for (let i = 0; i < mails; i += 1)
          await worker.mail.sendPasswordReset(tx, {
            to: addressOf(i),
            locale: 'en',
            token: token(i),
            expiresAt,
          });
        filled.resolve();
        await go.promise;
      });
      committed.catch(filled.reject);
      await filled.promise;
      filling = { go: go.resolve, committed };
    },
    /** From the commit until the last mail is settled. */
    async run({ mails }) {
      filling.go();
      await filling.committed;
      while ((await sink.count()) - before < mails) await sleep(LOOK);
      while ((await worker.waiting()) > 0) await sleep(LOOK);
      if ((await sink.count()) - before !== mails) throw new Error('The sink got too many mails');
      return mails;
    },
    async stop() {
      await sink.close();
      await worker.close();
    },
  };
}
