// What a mail adds to the request that sends it: a user row and the outbox row of its verification
// code in one commit, against the user row alone.
//
// Equal: the database server and its settings, the transaction, the user. Each side has a database of
// its own, so that neither reads what the other wrote.
import { atLeast, compare } from './compare.mjs';
import { SECONDS } from './flags.mjs';
import { newDatabase } from './postgresql.mjs';

const databases = {
  'embedded database': async () => undefined,
  PostgreSQL: newDatabase,
};

export async function commit() {
  const met = [];
  for (const [name, newOne] of Object.entries(databases))
    for (const atOnce of [1, 8]) {
      const common = { contender: 'registrations', atOnce, amount: { seconds: SECONDS / 2 } };
      const rounds = await compare(`commit ${name} ${atOnce}`, {
        both: { ...common, withMail: true, databaseUrl: await newOne() },
        user: { ...common, withMail: false, databaseUrl: await newOne() },
      });
      met.push(
        atLeast(
          `user and mail in one commit against the user alone, ${name}, ${atOnce} at once`,
          rounds,
          {
            us: 'both',
            them: 'user',
            target: 0.8,
          },
        ),
      );
    }
  return met.every(Boolean);
}
