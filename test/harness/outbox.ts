import { randomBytes, randomUUID } from 'node:crypto';
import { type DatabaseConnection, openDatabase, sql } from '#database';
import { type NewMail, Outbox } from '#outbox';
import { Vault } from '#vault';
import { createTestDatabase } from './database.js';

/** An outbox on a database of its own, without a worker. */
export interface TestOutbox {
  outbox: Outbox;
  connection: DatabaseConnection;
  /** Commits one mail; what is not given is a verification code's. */
  put(mail?: Partial<NewMail>): Promise<NewMail>;
  statusOf(id: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function openTestOutbox(): Promise<TestOutbox> {
  const database = await createTestDatabase();
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
  const connection = await openDatabase({ dataDir, databaseUrl });
  const { db } = connection;
  const outbox = new Outbox(db, connection, new Vault(randomBytes(32)));
  return {
    outbox,
    connection,
    put: async (given = {}) => {
      const id = randomUUID();
      const mail: NewMail = {
        id,
        kind: 'verification-code',
        to: 'ada@example.com',
        locale: 'en',
        status: 'queued',
        priority: 0,
        variables: { code: '004217' },
        messageId: `<${id}@gatepost.example>`,
        expiresAt: undefined,
        lifetimeSeconds: 600,
        ...given,
      };
      await db.transaction().execute((tx) => outbox.enqueue(tx, mail));
      return mail;
    },
    statusOf: async (id) => {
      const { rows } = await sql<{ status: string }>`
        select status from outbox where id = ${id}`.execute(db);
      return rows[0]?.status;
    },
    close: async () => {
      await connection.close();
      await database.drop();
    },
  };
}
