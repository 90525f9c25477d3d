import { DATABASE, type Db } from '#database';
import { MailService } from '#mail';
import { freePort } from '../../src/free-port.js';
import { accountedFor } from '../harness/accounted.js';
import { startApp, type TestApp } from '../harness/app.js';
import { startBlackHole } from '../harness/black-hole.js';
import { eventually } from '../harness/eventually.js';
import { allSent, mailsOf, queueMails } from '../harness/mails.js';
import { createTestDatabase } from '../harness/database.js';
import { HttpClient } from '../harness/http-client.js';
import { firstAdminVia, PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { reply, startSmtpServer } from '../harness/smtp-server.js';

const env = (host: string, port: number) => ({
  SMTP_HOST: host,
  SMTP_PORT: String(port),
  SMTP_SENDER: 'Acme <no-reply@acme.example>',
  SMTP_ALLOW_PRIVATE_HOSTS: 'true',
});

const errors = async (app: TestApp) =>
  (await mailsOf(app)).flatMap(({ error }) => (error === null ? [] : [error]));

describe('a mail server that can not be reached', () => {
  it('A02: does not answer at all: the deadline ends it, and the mails go by another account', async () => {
    const a = await startSmtpServer();
    await using b = await startSmtpServer();
    const app = await startApp({
      ...env('127.0.0.1', a.port),
      SMTP_TIMEOUT_CONNECT: '1s',
      FIRST_ADMIN_EMAIL: 'admin@example.com',
    });
    try {
      const { accessToken: token } = await firstAdminVia(app, a);
      await allSent(app);
      await a.close();
      await using hole = await startBlackHole('127.0.0.1', a.port);
      expect(hole.port).toBe(a.port);
      const second = { name: 'b', host: '127.0.0.1', port: b.port, sender: 'Bee <bee@b.example>' };
      expect((await app.http.post('/admin/smtp-accounts', second, { token })).status).toBe(201);
      const people = await queueMails(app, 12);
      await allSent(app, 30_000);
      expect(b.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(people.toSorted());
      const list = await app.http.get('/admin/mails?to=person0@example.com', { token });
      const { body } = await app.http.get(`/admin/mails/${list.body.items[0].id}`, { token });
      expect(body.timeline.at(-1)).toMatchObject({ account: 'b', outcome: 'accepted' });
    } finally {
      await app.close();
      await a.close();
    }
  }, 90_000);

  it('A03: has a name that nobody knows: the mails wait, and are told why', async () => {
    const app = await startApp(env('mail.gatepost.invalid', 25));
    try {
      await queueMails(app, 3);
      const why = await eventually(
        () => errors(app),
        (all) => all.length > 0,
        30_000,
      );
      expect(why[0]).toContain('mail.gatepost.invalid');
      expect(why[0]).toMatch(/DNS|name|host/i);
      expect((await mailsOf(app)).every(({ status }) => status !== 'failed')).toBe(true);
      expect((await app.http.get('/health/live')).status).toBe(200);
    } finally {
      await app.close();
    }
  }, 60_000);

  it('A29: for a day: codes expire and are not sent, links and invitations are', async () => {
    const port = await freePort('127.0.0.1');
    const app = await startApp(env('127.0.0.1', port));
    try {
      const { app: nest } = app.server;
      const mail = nest.get(MailService, { strict: false });
      const hours = (n: number) => new Date(Date.now() + n * 3_600_000);
      const common = { locale: 'en', token: 'x'.repeat(43) };
      await nest
        .get<Db>(DATABASE, { strict: false })
        .transaction()
        .execute(async (tx) => {
          for (let i = 0; i < 20; i += 1) {
            const code = { to: `code${i}@example.com`, locale: 'en', code: '004217' };
            await mail.sendVerificationCode(tx, { ...code, expiresAt: hours(1 / 6) });
          }
          await mail.sendInvitation(tx, {
            ...common,
            to: 'invited@example.com',
            expiresAt: hours(7 * 24),
            role: 'member',
            name: undefined,
          });
        });
      await eventually(
        () => errors(app),
        (all) => all.length > 0,
      );
      for (let day = 0; day < 4; day += 1) await app.clock.advance('6 hours');
      await using server = await startSmtpServer({ port });
      await app.clock.advance('1 hour');
      const { ended } = await accountedFor(app, server);
      expect(ended).toEqual({ expired: 20, sent: 1 });
      expect(server.messages.map(({ rcpts }) => rcpts)).toEqual([['invited@example.com']]);
    } finally {
      await app.close();
    }
  }, 120_000);

  it('G14: is told of in a few lines, however many mails wait', async () => {
    const database = await createTestDatabase();
    const port = await freePort('127.0.0.1');
    const server = await GatepostProcess.serve({
      ...database.env,
      ...env('127.0.0.1', port),
      RATE_LIMIT: 'off',
    });
    try {
      const http = new HttpClient(server.url);
      const people = Array.from({ length: 40 }, (_, n) => `person${n}@example.com`);
      for (const email of people)
        expect((await http.post('/auth/register', { email, password: PASSWORD })).status).toBe(202);
      const lines = () => server.output.split('\n').filter((line) => line.includes('127.0.0.1:'));
      await eventually(lines, (all) => all.length > 2);
      // Of the account that is left alone, and of the few mails that tried it.
      expect(lines().length).toBeLessThan(people.length);
    } finally {
      await server.stop();
      await database.drop();
    }
  }, 90_000);

  it('G14: takes no mail at the moment: a few of them are told of, and how many more there are', async () => {
    await using smtp = await startSmtpServer({ script: { rcpt: reply(450, '4.2.0 later') } });
    const database = await createTestDatabase();
    const server = await GatepostProcess.serve({
      ...database.env,
      ...env('127.0.0.1', smtp.port),
      RATE_LIMIT: 'off',
    });
    const lines = () => server.output.split('\n').filter((line) => line.includes('4.2.0'));
    const people = Array.from({ length: 40 }, (_, n) => `person${n}@example.com`);
    try {
      const http = new HttpClient(server.url);
      for (const email of people)
        expect((await http.post('/auth/register', { email, password: PASSWORD })).status).toBe(202);
      const asked = () => smtp.connections.flatMap(({ commands }) => commands).join('\n');
      await eventually(asked, (all) => people.every((email) => all.includes(`<${email}>`)), 30_000);
    } finally {
      await server.stop();
      await database.drop();
    }
    expect(lines().length).toBeGreaterThan(10);
    expect(lines().length).toBeLessThan(people.length);
    expect(lines().at(-1)).toMatch(/\d+ more mails within a minute/);
  }, 90_000);
});
