// Puts more mails into the outbox than requests could in reasonable time: rows as they are after the
// commits of a day, sealed, so that a worker can write them.
import { randomUUID } from 'node:crypto';
import { sql } from '../dist/database/index.js';

/** Rows of one statement. */
export const STEP = 10_000;

/**
 * @param variables what the kind wants beside its token
 * @param at when the i-th was put in
 */
export async function fillQueue(db, vault, { mails, kind, variables = {}, at }) {
  for (let done = 0; done < mails; done += STEP) {
    const step = Array.from({ length: Math.min(STEP, mails - done) }, (_, i) => {
      const id = randomUUID();
      const all = JSON.stringify({ ...variables, token: `${id}${'r'.repeat(7)}` });
      return { id, sealed: vault.seal('outbox', all, id).toString('hex'), at: at(done + i) };
    });
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, variables, message_id,
        created_at, expires_at, next_attempt_at)
      select id, ${kind}, 'person' || id || '@example.com', 'en', 'queued', 2,
        decode(sealed, 'hex'), '<' || id || '@app.bench.gatepost.dev>', at,
        now() + interval '7 days', at
      from jsonb_to_recordset(${JSON.stringify(step)}::jsonb) as mail (
        id uuid, sealed text, at timestamptz)
    `.execute(db);
  }
}
