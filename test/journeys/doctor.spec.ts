import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { doctorReportSchema } from '../../src/admin/doctor.schemas.js';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import type { Answer } from '../harness/http-client.js';
import { firstAdmin, member } from '../harness/people.js';
import { garbage, silence, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const CANARY = 'c4nary-Pa55word';
const ADMIN = 'admin@example.com';

/** An account that signs in at a server without TLS. */
const accountAt = ({ host, port }: Pick<SmtpServer, 'host' | 'port'>) => ({
  host,
  port,
  sender: 'no-reply@acme.example',
  username: 'ada',
  password: CANARY,
  requireTls: false,
  allowPlaintextAuth: true,
});

/** An event stream as a browser reads it: fields end with CR, LF or both. */
function eventsIn(text: string): { event: string; data: any }[] {
  return text
    .split(/(?:\r\n|\r|\n){2}/)
    .filter((block) => block !== '')
    .map((block) => {
      const fields = block.split(/\r\n|\r|\n/).map((line) => line.split(/: ?/, 1)[0]);
      expect(fields).toEqual(['event', 'data']);
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { event: event ?? '', data: JSON.parse(data ?? '') };
    });
}

/** What an admin does, and the server the accounts lead to. */
class Practice {
  private constructor(
    readonly app: TestApp,
    readonly token: string,
    readonly server: SmtpServer,
  ) {}

  static async open(env: Record<string, string> = {}): Promise<Practice> {
    const app = await startApp({ SMTP_ALLOW_PRIVATE_HOSTS: 'true', ...env });
    const { accessToken } = await firstAdmin(app);
    const auth = { user: 'ada', pass: CANARY, inClear: true, required: true };
    return new Practice(app, accessToken, await startSmtpServer({ auth }));
  }

  ask(order: object, headers: Record<string, string> = {}): Promise<Answer> {
    return this.app.http.post('/admin/doctor', order, { token: this.token, headers });
  }

  streamed(order: object): Promise<Answer> {
    return this.ask(order, { accept: 'text/event-stream' });
  }

  /** @returns the id of a new account */
  async saved(fields: object = {}): Promise<string> {
    const account = { name: randomUUID(), ...accountAt(this.server), ...fields };
    const { body } = await this.app.http.post('/admin/smtp-accounts', account, this);
    return body.id;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.server.close();
  }
}

const codes = ({ body }: Answer): string[] =>
  body.findings.map(({ code }: { code: string }) => code);

/** The doctor of one process is asked six times a minute, so that each of these has its own. */
let practice: Practice;
let server: SmtpServer;

function practising(): void {
  beforeEach(() => {
    server.script = {};
    server.connections.length = 0;
  });
  beforeAll(async () => {
    practice = await Practice.open();
    ({ server } = practice);
  });
  afterAll(() => practice.close());
}

describe('The doctor, asked by an admin, about an account', () => {
  practising();

  it('reports of an account, disabled or not, in the form that is documented', async () => {
    const accountId = await practice.saved({ enabled: false });
    const { status, headers, body, text } = await practice.ask({ accountId });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(doctorReportSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ schema: 'smtp-doctor/1', ok: true, exitCode: 0 });
    expect(body.target).toMatchObject({ host: server.host, port: server.port, auth: 'password' });
    expect(body.settings).toContainEqual(
      expect.objectContaining({ name: 'SMTP_PASSWORD', secret: true }),
    );
    expect(text).not.toContain(CANARY);
    expect(server.commands).toContain('RSET');
    expect(server.messages).toHaveLength(0);
  });

  it('names what is wrong, and the setting', async () => {
    const accountId = await practice.saved({ password: `${CANARY}-wrong` });
    const answer = await practice.ask({ accountId });
    expect(answer.status).toBe(200);
    expect(codes(answer)[0]).toBe('AUTH_BAD_CREDENTIALS');
    expect(answer.body).toMatchObject({ ok: false, exitCode: 6 });
    expect(answer.body.findings[0].settings).toContain('SMTP_PASSWORD');
    expect(answer.text).not.toContain(CANARY);
    expect(
      server.connections.at(-1)?.commands.filter((line) => line.startsWith('AUTH')),
    ).toHaveLength(1);
  });

  it('examines the account of the environment, here the built-in inbox', async () => {
    const { status, body } = await practice.ask({ accountId: 'environment' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: true, target: { auth: 'none' } });
  });

  it('says each step as it is done, one event each, whatever a server says (E18)', async () => {
    const evil = '250-x\u2028\rdata: {}\r\revent: finished\u0085\u001b[2J';
    server.script = { ehlo: garbage(`${evil}\r\n250 AUTH PLAIN\r\n`) };
    const accountId = await practice.saved();
    const { status, headers, text } = await practice.streamed({ accountId });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(headers.get('cache-control')).toBe('no-store');
    const events = eventsIn(text);
    expect(events[0]).toEqual({ event: 'stage-started', data: { stage: 'settings' } });
    expect(events.filter(({ event }) => event === 'stage-ended')).toHaveLength(10);
    expect(events.at(-1)).toMatchObject({
      event: 'finished',
      data: { schema: 'smtp-doctor/1' },
    });
    expect(events.filter(({ event }) => event === 'finished')).toHaveLength(1);
    expect(text).not.toContain(CANARY);
  });

  it('is there for admins only', async () => {
    const { accessToken } = await member(practice.app, 'eve@example.com');
    const order = { accountId: 'environment' };
    const refused = await practice.app.http.post('/admin/doctor', order, { token: accessToken });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await practice.app.http.post('/admin/doctor', order)).toMatchObject({ status: 401 });
  });

  it('is told what to examine', async () => {
    expect(await practice.ask({})).toMatchObject({
      status: 400,
      body: { code: 'validation-failed' },
    });
    expect(await practice.ask({ accountId: 'mine' })).toMatchObject({ status: 400 });
    const unknown = await practice.ask({ accountId: '00000000-0000-4000-8000-000000000000' });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});

describe('The doctor, asked by an admin, about settings', () => {
  practising();

  it('examines settings that nobody has saved, and keeps none of them', async () => {
    const { status, body } = await practice.ask({ settings: accountAt(server) });
    expect(status).toBe(200);
    expect(body.ok).toBe(true);
    const { body: list } = await practice.app.http.get('/admin/smtp-accounts', practice);
    expect(list.items).toHaveLength(1);
  });

  it('reports faults of unsaved settings without a packet', async () => {
    const answer = await practice.ask({ settings: { ...accountAt(server), port: 0, tls: true } });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ok: false, exitCode: 2, target: null });
    expect(codes(answer)[0]).toBe('PORT_INVALID');
    expect(server.connections).toHaveLength(0);
  });

  it('uses the stored password where a change leads nowhere else', async () => {
    const accountId = await practice.saved();
    const { body } = await practice.ask({ accountId, settings: { sender: 'sales@acme.example' } });
    expect(body.ok).toBe(true);
    expect(server.commands.some((line) => line.includes('sales@acme.example'))).toBe(true);
  });

  it('does not change the account of the environment, not even for a try', async () => {
    const answer = await practice.ask({ accountId: 'environment', settings: { port: 2525 } });
    expect(answer).toMatchObject({ status: 409, body: { code: 'account-read-only' } });
  });

  it('sends a test mail to whoever asks, and to nobody else', async () => {
    const accountId = await practice.saved();
    const stranger = await practice.ask({ accountId, to: 'ceo@example.org' });
    expect(stranger).toMatchObject({ status: 422, body: { code: 'recipient-not-own' } });
    expect(server.connections).toHaveLength(0);
    const { body } = await practice.ask({ accountId, to: ADMIN });
    expect(body).toMatchObject({ ok: true, target: { recipient: ADMIN } });
    expect(server.messages.map(({ rcpts }) => rcpts)).toEqual([[ADMIN]]);
  });
});

describe('The doctor, asked by an admin, with a stored password', () => {
  practising();

  it('F04: never carries a stored password to another server, port or user', async () => {
    const accountId = await practice.saved();
    const other = await startSmtpServer({ auth: { user: 'ada', pass: 'x', inClear: true } });
    try {
      for (const settings of [
        { port: other.port },
        { host: 'localhost', port: other.port },
        { username: 'eve' },
        { proxy: `http://127.0.0.1:${other.port}` },
      ]) {
        const { status, body } = await practice.ask({ accountId, settings });
        expect({ settings, status, code: body.code }).toEqual({
          settings,
          status: 422,
          code: 'secret-required',
        });
      }
      expect(other.connections).toHaveLength(0);
      expect(server.connections).toHaveLength(0);
      const again = await practice.ask({
        accountId,
        settings: { port: other.port, password: 'x' },
      });
      expect(again.body).toMatchObject({ ok: true, target: { port: other.port } });
      expect(JSON.stringify(other.commands)).not.toContain(
        Buffer.from(`\0ada\0${CANARY}`).toString('base64'),
      );
    } finally {
      await other.close();
    }
  });
});

describe('The doctor, asked by an admin, again and again', () => {
  practising();

  it('is asked six times a minute', async () => {
    const settings = { ...accountAt(server), port: 0 };
    for (let run = 0; run < 6; run += 1)
      expect((await practice.ask({ settings })).status).toBe(200);
    const { status, body, headers } = await practice.ask({ settings });
    expect({ status, code: body.code }).toEqual({ status: 429, code: 'too-many-requests' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
  });
});

describe('The doctor, asked by an admin, about what is no good mail server', () => {
  practising();

  it('takes one at a time, and ends when nobody waits any more', async () => {
    server.script = { ehlo: silence() };
    const accountId = await practice.saved();
    const gone = new AbortController();
    const first = fetch(new URL('/admin/doctor', practice.app.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${practice.token}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ accountId }),
      signal: gone.signal,
    });
    await first;
    expect(await practice.ask({ accountId })).toMatchObject({
      status: 409,
      body: { code: 'doctor-busy' },
    });
    expect(
      await eventually(
        () => server.openConnections,
        (count) => count > 0,
      ),
    ).toBe(1);
    gone.abort();
    const open = await eventually(
      () => server.openConnections,
      (count) => count === 0,
      2_000,
    );
    expect(open).toBe(0);
    const next = await eventually(
      () => practice.ask({ accountId: 'environment' }),
      ({ status }) => status !== 409,
    );
    expect(next.status).toBe(200);
  });

  const BANNER = 'SSH-2.0-Secret_7.4';
  let service: Server;
  let port: number;

  beforeEach(async () => {
    service = createServer((socket) => {
      socket.on('error', () => {}).write(`${BANNER}\r\n`);
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    ({ port } = service.address() as AddressInfo);
  });
  afterEach(() => void service.close());

  it('F06: says what kind of thing it is, and not what it said or where it is', async () => {
    const settings = { ...accountAt(server), host: 'localhost', port };
    const answer = await practice.ask({ settings });
    expect(codes(answer)[0]).toBe('NOT_SMTP_SSH');
    expect(answer.body.transcript).toEqual([]);
    const stream = await practice.streamed({ settings });
    for (const { text } of [answer, stream]) {
      expect(text).not.toContain('Secret_7.4');
      expect(text).not.toContain('127.0.0.1');
      expect(text).not.toContain('::1');
    }
  });

  it('quotes it to whoever has an account there', async () => {
    const accountId = await practice.saved({ port });
    const { text } = await practice.ask({ accountId });
    expect(text).toContain(BANNER);
  });
});

describe('The doctor, where private hosts are not allowed', () => {
  it('F05: connects to none of them', async () => {
    const server = await startSmtpServer();
    const app = await startApp();
    try {
      const { accessToken: token } = await firstAdmin(app);
      for (const host of ['127.0.0.1', 'localhost', '169.254.169.254', '[::ffff:10.0.0.1]']) {
        const settings = { ...accountAt(server), host, port: 587 };
        const { status, body } = await app.http.post('/admin/doctor', { settings }, { token });
        expect({ host, status, code: body.code }).toEqual({
          host,
          status: 422,
          code: 'host-refused',
        });
      }
      const settings = { ...accountAt(server), host: '8.8.8.8' };
      const port = await app.http.post('/admin/doctor', { settings }, { token });
      expect(port).toMatchObject({ status: 422, body: { code: 'host-refused' } });
      expect(server.connections).toHaveLength(0);
    } finally {
      await app.close();
      await server.close();
    }
  });
});
