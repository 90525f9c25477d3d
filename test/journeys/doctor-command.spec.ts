import type { Report } from '#doctor';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { HttpClient } from '../harness/http-client.js';
import { TestInbox } from '../harness/inbox.js';
import { firstAdmin } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const CANARY = 'c4nary-Pa55word';

/** `gatepost doctor --account`, while a server runs and while none does. */
describe('The doctor on the command line, about an account of the database', () => {
  let database: TestDatabase;
  let env: Record<string, string>;
  let server: GatepostProcess & { url: string };
  let smtp: SmtpServer;
  let relayId: string;

  beforeAll(async () => {
    smtp = await startSmtpServer({ auth: { user: 'ada', pass: CANARY, inClear: true } });
    database = await createTestDatabase();
    env = { ...database.env, SMTP_ALLOW_PRIVATE_HOSTS: 'true' };
    server = await GatepostProcess.serve(env);
    const http = new HttpClient(server.url);
    const { accessToken } = await firstAdmin({ http, inbox: new TestInbox(http) } as never);
    const relay = {
      name: 'relay',
      host: smtp.host,
      port: smtp.port,
      sender: 'no-reply@acme.test',
      username: 'ada',
      password: CANARY,
      requireTls: false,
      allowPlaintextAuth: true,
      enabled: false,
    };
    const add = (fields: object) =>
      http.post('/admin/smtp-accounts', { ...relay, ...fields }, { token: accessToken });
    relayId = (await add({})).body.id;
    await add({ name: 'wrong', password: `${CANARY}-wrong` });
  }, 60_000);
  beforeEach(() => (smtp.messages.length = 0));
  afterAll(async () => {
    await server.stop();
    await smtp.close();
    await database.drop();
  });

  const doctor = (...args: string[]) => GatepostProcess.run(['doctor', ...args], env);

  async function expectEverything(): Promise<void> {
    const good = await doctor('--account', 'relay', '--json');
    const report = JSON.parse(good.output) as Report;
    expect([good.code, report.ok, report.target?.port]).toEqual([0, true, smtp.port]);
    expect(good.output).not.toContain(CANARY);
    expect(good.output).not.toContain(Buffer.from(`\0ada\0${CANARY}`).toString('base64'));
    expect(smtp.messages).toHaveLength(0);

    const wrong = await doctor('--account', 'wrong', '--transcript');
    expect(wrong.code).toBe(6);
    expect(wrong.output).toContain('error[AUTH_BAD_CREDENTIALS]');
    expect(wrong.output).toMatch(/C: AUTH \w+ \*\*\*/);
    expect(wrong.output).not.toContain(CANARY);
    expect(wrong.output).not.toContain('{"');

    expect((await doctor('--account', relayId, '--to', 'ada@example.org')).code).toBe(0);
    expect(smtp.messages.map(({ rcpts }) => rcpts)).toEqual([['ada@example.org']]);

    expect(await doctor('--account', 'nobody')).toEqual({
      code: 2,
      output: 'No SMTP account is called "nobody". GET /admin/smtp-accounts lists them.\n',
    });
  }

  it('is asked while a server runs', expectEverything, 60_000);

  it('is asked while none runs', async () => {
    await server.stop();
    await expectEverything();
  }, 60_000);
});
