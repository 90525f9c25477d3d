import { openDatabase, sql } from '#database';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { silence, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const POISON = 'poison@example.com';
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;

describe('A43: a mail that ends whatever sends it', () => {
  let database: TestDatabase;
  let smtp: SmtpServer;
  let env: Record<string, string>;
  /** How often a server has been asked to take it. */
  let tries = 0;
  let isDeadly = true;

  beforeEach(async () => {
    database = await createTestDatabase();
    smtp = await startSmtpServer({
      script: {
        // Where the program is to die, it is kept waiting.
        rcpt: ({ line }) => {
          if (!line.includes(POISON)) return undefined;
          tries += 1;
          return isDeadly ? silence() : undefined;
        },
      },
    });
    env = {
      ...database.env,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      SMTP_SENDER: 'no-reply@acme.example',
      RATE_LIMIT: 'off',
    };
  });
  afterEach(async () => {
    await smtp.close();
    await database.drop();
  });

  const register = (url: string, email: string) =>
    new HttpClient(url).post('/auth/register', { email, password: PASSWORD });

  /** As if others had found the worker dead; on the embedded database nobody needs to. */
  async function declareDead(): Promise<void> {
    const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
    const connection = await openDatabase({ dataDir, databaseUrl });
    await sql`update delivery_workers set ended_at = now()`.execute(connection.db);
    await connection.close();
  }

  it('is held after the second death and named, others go out, and an operator can retry it', async () => {
    const first = await GatepostProcess.serve(env);
    expect((await register(first.url, POISON)).status).toBe(202);
    await eventually(
      () => tries,
      (count) => count === 1,
    );
    await first.stop('SIGKILL');
    await declareDead();

    const second = await GatepostProcess.serve(env);
    await eventually(
      () => tries,
      (count) => count === 2,
    );
    expect(tries).toBe(2);
    await second.stop('SIGKILL');
    await declareDead();

    const third = await GatepostProcess.serve(env);
    try {
      await register(third.url, 'ada@example.com');
      await eventually(
        () => smtp.messages.length,
        (count) => count === 1,
      );
      expect(smtp.messages.flatMap(({ rcpts }) => rcpts)).toEqual(['ada@example.com']);
      expect(tries).toBe(2);
      expect(third.output).toContain('The worker died twice while sending this mail');
      const { text } = await new HttpClient(third.url).get('/metrics');
      expect(text).toMatch(/^gatepost_mail_queue\{status="held"\} 1$/m);
      expect(text).toMatch(/^gatepost_mails_quarantined_total\{kind="verification-code"\} 1$/m);

      const list = await GatepostProcess.run(['mail', 'list', '--status', 'held'], env);
      expect(list.output).toContain(POISON);
      const id = UUID.exec(list.output)?.[0] ?? '';
      const shown = await GatepostProcess.run(['mail', 'show', id], env);
      expect(shown.output).toContain('The worker died twice while sending this mail');

      isDeadly = false;
      expect((await GatepostProcess.run(['mail', 'retry', id], env)).code).toBe(0);
      await eventually(
        () => smtp.messages.length,
        (count) => count === 2,
      );
      expect(smtp.messages.at(-1)?.rcpts).toEqual([POISON]);
    } finally {
      await third.stop();
    }
  }, 120_000);
});
