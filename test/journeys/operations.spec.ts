import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { freePort } from '../../src/free-port.js';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase, databaseKind } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { MAIN } from '../harness/process.js';
import { startSmtpServer } from '../harness/smtp-server.js';

describe('an operator', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('G12: sees that it lives and is ready', async () => {
    expect((await app.http.get('/health/live')).body).toEqual({ status: 'ok' });
    const ready = await app.http.get('/health/ready');
    expect(ready).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: { database: 'ok', userVerification: 'required' } },
    });
  });

  it('two-databases: runs on the one this run is for', () => {
    expect(app.server.ground.connection.kind).toBe(databaseKind);
  });

  it('has a description of every call that a client can be generated from', async () => {
    const { body } = await app.http.get('/openapi.json');
    const operations = Object.entries<Record<string, any>>(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      const call = `${method} ${path}`;
      expect([call, operation.summary]).toEqual([call, expect.stringMatching(/\w/)]);
      const success = Object.entries<any>(operation.responses).filter(([status]) =>
        status.startsWith('2'),
      );
      expect([call, success.length]).toEqual([call, expect.any(Number)]);
      expect([call, success.length > 0]).toEqual([call, true]);
      if (['post', 'patch'].includes(method) && operation.requestBody)
        expect([call, JSON.stringify(operation.requestBody.content)]).toEqual([
          call,
          expect.stringMatching(/"(properties|\$ref)"/),
        ]);
    }
    const contract = [
      'post /auth/register',
      'post /auth/verification',
      'post /auth/verification/resend',
      'post /auth/login',
      'post /auth/refresh',
      'post /auth/logout',
      'post /auth/password-reset',
      'post /auth/password-reset/confirm',
      'get /users/me',
      'patch /users/me',
      'post /users/me/password',
      'get /admin/users',
      'patch /admin/users/{id}',
      'post /admin/invitations',
      'get /admin/invitations',
      'post /admin/invitations/{id}/resend',
      'delete /admin/invitations/{id}',
      'post /invitations/accept',
      'get /admin/mails',
      'get /admin/mails/{id}',
      'post /admin/mails/{id}/retry',
      'post /admin/mails/{id}/cancel',
      'get /health/live',
      'get /health/ready',
      'get /metrics',
      'get /dev/inbox',
      'get /dev/inbox/{id}',
      'get /dev/inbox/{id}/raw',
      'get /dev/inbox/wait',
      'delete /dev/inbox',
    ];
    expect(operations.map(({ path, method }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining(contract),
    );
    expect(JSON.stringify(body)).not.toMatch(/"undefined"/);
  });

  it('is led from the bare address to what is there', async () => {
    const { status, headers } = await app.http.get('/');
    expect([status, headers.get('location')]).toEqual([302, 'docs']);
  });

  it('reads it at /docs', async () => {
    const { status, text } = await app.http.get('/docs');
    expect(status).toBe(200);
    expect(text).toContain('swagger-ui');
  });
});

// A device that has never room for anything: Linux has one.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a log whose disk is full', () => {
  it('A36: is lost, and nothing else', async () => {
    const database = await createTestDatabase();
    const sink = await startSmtpServer();
    const port = await freePort('127.0.0.1');
    const full = openSync('/dev/full', 'w');
    const server = spawn(process.execPath, [MAIN, 'serve'], {
      stdio: ['ignore', full, full],
      env: {
        PATH: process.env['PATH'],
        ...database.env,
        PORT: String(port),
        SMTP_HOST: '127.0.0.1',
        SMTP_PORT: String(sink.port),
        SMTP_SENDER: 'no-reply@acme.test',
        LOG_LEVEL: 'trace',
      },
    });
    const ended = once(server, 'exit');
    try {
      const http = new HttpClient(`http://127.0.0.1:${port}`);
      const isReady = () =>
        http.get('/health/ready').then(
          ({ status }) => status === 200,
          () => server.exitCode !== null,
        );
      await eventually(isReady, Boolean, 30_000);
      const { status } = await http.post('/auth/register', {
        email: 'ada@example.com',
        password: 'correct horse battery staple',
      });
      expect(status).toBe(202);
      const arrived = ({ rcpts }: { rcpts: readonly string[] }) =>
        rcpts.includes('ada@example.com');
      expect(await sink.waitForMessage(arrived, 20_000)).toMatchObject({ accepted: true });
      server.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      server.kill('SIGKILL');
      await ended;
      closeSync(full);
      await sink.close();
      await database.drop();
    }
  }, 60_000);
});
