import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { GatepostProcess } from '../harness/process.js';

describe('the commands, while no server runs', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: '2525', SMTP_SENDER: 'no-reply@acme.example' };
  const run = (...args: string[]) => GatepostProcess.run(args, { ...database.env, ...smtp });

  it('migrate says that nothing is left to do', async () => {
    expect(await run('migrate')).toEqual({ code: 0, output: 'The database is up to date.\n' });
  });

  it('invite, list, show, cancel work on the database itself', async () => {
    const invited = await run('invite', 'grace@example.com', '--role', 'admin');
    expect(invited.output).toContain('grace@example.com is invited as admin');
    const id = /mail show ([\w-]{36})/.exec(invited.output)?.[1] ?? '';
    expect((await run('mail', 'list')).output).toContain(id);
    const shown = await run('mail', 'show', id);
    expect(shown.output).toContain('Status:     queued');
    expect(shown.output).toContain('No try yet.');
    expect((await run('mail', 'cancel', id)).output).toContain('Cancelled.');
    const retried = await run('mail', 'retry', id);
    expect(retried.code).toBe(1);
    expect(retried.output).toContain('no longer valid');
  }, 60_000);

  it('end also where mail would go to the built-in inbox', async () => {
    const invited = await GatepostProcess.run(['invite', 'ada@example.com'], database.env);
    expect(invited).toMatchObject({ code: 0, output: expect.stringContaining('ada@example.com') });
  }, 60_000);
});
