// A user row, alone or in one commit with the mail that a registration sends.
import { randomUUID } from 'node:crypto';
import { openRegistrations } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { HOUR } from '../mails.mjs';

/** @param databaseUrl undefined: the embedded database */
export async function start({ databaseUrl, withMail, atOnce }) {
  const { db, addUser, mail, close } = await openRegistrations(databaseUrl);
  const register = (i) =>
    db.transaction().execute(async (tx) => {
      const email = `${randomUUID()}@example.com`;
      await addUser(tx, email);
      if (withMail)
        await mail.sendVerificationCode(tx, {
          to: email,
          locale: 'en',
          code: String(i % 1_000_000).padStart(6, '0'),
          expiresAt: new Date(Date.now() + HOUR / 6),
        });
    });
  return { run: (amount) => inFlight(atOnce, amount, register), stop: close };
}
