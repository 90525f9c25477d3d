import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { GatepostProcess } from '../harness/process.js';

describe('the command line', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const run = (...args: string[]) => GatepostProcess.run(args, database.env);

  it('wrong words end with 1 and say what to write', async () => {
    expect(await run('mail', 'show', 'x')).toEqual({
      code: 1,
      output: 'This is not the id of a mail; "gatepost mail list" shows them.\n',
    });
    for (const limit of ['x', '0', '1e9', '1.5'])
      expect(await run('mail', 'list', '--limit', limit)).toEqual({
        code: 1,
        output: 'A limit is a number from 1 to 1000.\n',
      });
    expect((await run('nonsense')).code).toBe(1);
    expect((await run('invite')).code).toBe(1);
    expect((await run('--help')).code).toBe(0);
  }, 60_000);

  it('wrong settings end with 2 before anything is opened', async () => {
    const refused = await GatepostProcess.run(['serve'], { ...database.env, SMTP_USER: 'ada' });
    expect(refused.code).toBe(2);
    expect(refused.output).toContain('SMTP_USERNAME');
  }, 60_000);

  it('a database that does not answer ends with 3', async () => {
    const { code, output } = await GatepostProcess.run(['migrate'], {
      DATABASE_URL: 'postgres://gatepost:hunter2@127.0.0.1:1/gatepost',
    });
    expect(code).toBe(3);
    expect(output).toContain('127.0.0.1:1/gatepost');
    expect(output).not.toContain('hunter2');
  }, 60_000);
});
