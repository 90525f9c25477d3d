import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { type NewMail, Outbox } from '#outbox';
import { startApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';

/** As a row of an older or newer program would be, or one that somebody damaged. */
const mail = (given: Partial<NewMail>): NewMail => ({
  id: randomUUID(),
  kind: 'verification-code',
  to: 'ada@example.com',
  locale: 'en',
  status: 'queued',
  priority: 0,
  variables: { code: '004217' },
  messageId: `<${randomUUID()}@localhost>`,
  expiresAt: undefined,
  lifetimeSeconds: 600,
  ...given,
});

describe('A41: a mail that can not be written', () => {
  it('fails alone, says why, and the one behind it goes out', async () => {
    const app = await startApp();
    const outbox = app.server.app.get(Outbox, { strict: false });
    const poison = [
      mail({ kind: 'newsletter' }),
      mail({ variables: {} }),
      mail({ variables: { code: '' } }),
      mail({ to: 'not an address' }),
    ];
    const good = mail({ to: 'grace@example.com' });
    try {
      await app.db.transaction().execute(async (tx) => {
        for (const one of [...poison, good]) await outbox.enqueue(tx, one);
      });
      expect((await app.inbox.waitFor('grace@example.com')).code).toBe('004217');
      const ended = await eventually(
        () =>
          sql<{ id: string; status: string; error: string | null }>`
          select id, status, last_error as error from outbox where kind <> 'invitation'`.execute(
            app.db,
          ),
        ({ rows }) => rows.every(({ status }) => status === 'sent' || status === 'failed'),
      );
      const of = (one: NewMail) => ended.rows.find(({ id }) => id === one.id);
      expect(of(good)).toMatchObject({ status: 'sent', error: null });
      for (const one of poison) {
        expect(of(one)).toMatchObject({ status: 'failed', error: expect.stringMatching(/\w/) });
        expect(of(one)?.error).not.toContain('004217');
      }
      expect(await app.inbox.mailsTo('ada@example.com')).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
