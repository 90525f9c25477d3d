import { DATABASE, type Db, sql } from '#database';
import { MailService } from '#mail';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';

/** Commits `count` mails, each to an address of its own. @returns the addresses */
export async function queueMails(
  app: TestApp,
  count: number,
  prefix = 'person',
): Promise<string[]> {
  const { app: nest } = app.server;
  const mail = nest.get(MailService, { strict: false });
  const db = nest.get<Db>(DATABASE, { strict: false });
  const people = Array.from({ length: count }, (_, i) => `${prefix}${i}@example.com`);
  await db.transaction().execute(async (tx) => {
    for (const to of people) await mail.sendTest(tx, { to, locale: 'en' });
  });
  return people;
}

export interface MailState {
  to: string;
  status: string;
  account: string | null;
  error: string | null;
  attempts: number;
}

/** Every mail there is, by recipient. */
export async function mailsOf(app: TestApp): Promise<MailState[]> {
  const { rows } = await sql<MailState>`
    select to_address as to, status, account, last_error as error, attempts
    from outbox order by to_address`.execute(app.db);
  return rows;
}

/** Resolves once every mail is sent; throws after `ms` with what is left. */
export function allSent(app: TestApp, ms = 15_000): Promise<MailState[]> {
  return eventually(
    () => mailsOf(app),
    (mails) => mails.every(({ status }) => status === 'sent'),
    ms,
  );
}
