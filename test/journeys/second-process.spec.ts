import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { HttpClient } from '../harness/http-client.js';
import { TestInbox } from '../harness/inbox.js';
import { GatepostProcess } from '../harness/process.js';

describe('a second process on the embedded database', () => {
  let database: TestDatabase;
  let server: GatepostProcess & { url: string };
  beforeEach(async () => {
    database = await createTestDatabase();
    server = await GatepostProcess.serve(database.env);
  }, 60_000);
  afterEach(async () => {
    server.signal('SIGCONT');
    await server.stop('SIGKILL');
    await database.drop();
  });

  it('A38: is refused, naming the holder, and changes nothing', async () => {
    const second = await GatepostProcess.run(['serve'], { PORT: '0', ...database.env });
    expect(second.code).toBe(1);
    expect(second.output).toContain(`in use by the process with PID ${server.pid}`);
    expect((await new HttpClient(server.url).get('/health/ready')).status).toBe(200);
  }, 60_000);

  it('A38: does not get past a holder that is stopped but alive', async () => {
    server.signal('SIGSTOP');
    const second = await GatepostProcess.run(['serve'], { PORT: '0', ...database.env });
    expect(second.code).toBe(1);
    expect(second.output).toContain(`PID ${server.pid}`);
  }, 60_000);

  it('A38: takes over from a holder that died', async () => {
    await server.stop('SIGKILL');
    server = await GatepostProcess.serve(database.env);
    expect((await new HttpClient(server.url).get('/health/ready')).status).toBe(200);
  }, 60_000);

  it('F10: keeps lock, key and control socket from other users', () => {
    const dataDir = database.env.DATA_DIR;
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of ['lock', 'lock.json', 'secret.key', 'control.sock'])
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')).pid).toBe(server.pid);
  });

  it('has its commands carried out by the server, through the control socket', async () => {
    const invited = await GatepostProcess.run(['invite', 'grace@example.com'], database.env);
    expect(invited).toMatchObject({ code: 0 });
    expect(invited.output).toContain('grace@example.com is invited as member until');
    const inbox = new TestInbox(new HttpClient(server.url));
    expect((await inbox.waitFor('grace@example.com')).subject).toContain('invited');

    const id = /mail show ([\w-]{36})/.exec(invited.output)?.[1] ?? '';
    const shown = await GatepostProcess.run(['mail', 'show', id], database.env);
    expect(shown.output).toContain('Status:     sent');
    expect(shown.output).toContain('accepted at dot by inbox');

    const list = await GatepostProcess.run(
      ['mail', 'list', '--to', 'grace@example.com'],
      database.env,
    );
    expect(list.output.trim().split('\n')).toHaveLength(2);

    const again = await GatepostProcess.run(['mail', 'retry', id], database.env);
    expect(again).toEqual({ code: 1, output: 'The server has accepted this mail already.\n' });
    const wrong = await GatepostProcess.run(['invite', 'a@x,b@y.com'], database.env);
    expect(wrong.code).toBe(1);
  }, 60_000);
});
