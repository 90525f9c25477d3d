import type { TestApp } from './app.js';
import { eventually } from './eventually.js';
import { arrivalOf, readMails } from './evidence.js';
import { checkInvariants, type Summary } from './invariants.js';
import type { Ledger } from './ledger.js';
import { mailsOf } from './mails.js';
import type { SmtpServer } from './smtp-server.js';

/**
 * Waits until every mail has ended, then accounts for each of them.
 *
 * @throws InvariantsBroken; where one has not ended within `ms` as well
 */
export async function accountedFor(
  app: TestApp,
  server: SmtpServer,
  ledger?: Ledger,
  ms = 60_000,
): Promise<Summary> {
  await eventually(
    () => mailsOf(app),
    (mails) => mails.every(({ status }) => !['queued', 'sending'].includes(status)),
    ms,
  );
  // What the server answers last may be written down by the client first.
  await eventually(
    () => server.messages.length,
    (count) => count >= 1,
    100,
  );
  return checkInvariants({
    ...(await readMails(app.db)),
    promises: ledger?.promises ?? [],
    arrivals: server.messages.map(arrivalOf),
  });
}
