import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { configureEdge, EdgeModule } from '#http';
import type { InboxItem, InboxPage } from './inbox.schemas.js';
import { InboxModule, InboxServer, InboxStore } from './index.js';

const store = new InboxStore();
const server = new InboxServer(store);
let app: NestExpressApplication;
let smtp: { host: string; port: number };
let origin: string;

beforeAll(async () => {
  smtp = await server.start();
  @Module({ imports: [EdgeModule, InboxModule.forRoot({ server, store, appName: 'Acme' })] })
  class TestModule {}
  app = await NestFactory.create(TestModule, { bodyParser: false, logger: false });
  configureEdge(app, { adminWebUrl: 'http://localhost', rateLimit: 'off', trustProxy: undefined });
  await app.listen(0, '127.0.0.1');
  origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
});

afterAll(() => app.close());
beforeEach(() => store.clear());

/** One SMTP conversation, in as few writes as PIPELINING allows; the last reply. */
async function send(message: string, to = 'ada@example.com'): Promise<string> {
  const socket = connect(smtp.port, smtp.host).setEncoding('latin1');
  let said = '';
  const until = async (pattern: RegExp) => {
    while (!pattern.test(said)) said += (await once(socket, 'data'))[0];
  };
  await until(/^220 .*\r\n/m);
  socket.write('EHLO test\r\n');
  await until(/^250 .*\r\n/m);
  socket.write(`MAIL FROM:<no-reply@acme.test>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
  await until(/^354 .*\r\n/m);
  said = '';
  socket.write(`${message}\r\n.\r\nQUIT\r\n`);
  await until(/^\d{3} .*\r\n/m);
  socket.destroy();
  return said;
}

const mail = (subject: string, body = 'Hello') =>
  `From: Acme <no-reply@acme.test>\r\nSubject: ${subject}\r\n\r\n${body}`;

const get = (path: string) => fetch(origin + path);
const json = async <T>(path: string) => (await (await get(path)).json()) as T;
const mails = async () => (await json<InboxPage>('/dev/inbox')).items;

it('offers a plain server on the loopback interface: no sign-in, no TLS, a size', async () => {
  const socket = connect(smtp.port, smtp.host).setEncoding('latin1');
  await once(socket, 'data');
  socket.write('EHLO test\r\n');
  const [reply] = (await once(socket, 'data')) as [string];
  socket.destroy();
  expect(smtp.host).toBe('127.0.0.1');
  expect(reply).toMatch(/^250[- ]PIPELINING\r$/m);
  expect(reply).toMatch(/^250[- ]SIZE 1048576\r$/m);
  expect(reply).not.toMatch(/AUTH|STARTTLS/);
});

it('keeps what it accepts', async () => {
  expect(await send(mail('123 456 is your code', 'See https://acme.test/x.'))).toMatch(/^250 /);
  const { items, nextCursor } = await json<InboxPage>('/dev/inbox');
  expect(nextCursor).toBeNull();
  expect(items).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      from: 'Acme <no-reply@acme.test>',
      to: 'ada@example.com',
      subject: '123 456 is your code',
      receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      text: expect.stringContaining('See https'),
      html: null,
      headers: { from: 'Acme <no-reply@acme.test>', subject: '123 456 is your code' },
      code: '123456',
      links: ['https://acme.test/x'],
    },
  ]);
  expect(await json(`/dev/inbox/${items[0]!.id}`)).toEqual(items[0]);
});

it('refuses a mail over 1 MiB and keeps nothing of it', async () => {
  expect(await send(mail('Large', `${'x'.repeat(998)}\r\n`.repeat(1100)))).toMatch(/^552 /);
  expect(await mails()).toEqual([]);
});

it('shows the source as text that no browser runs', async () => {
  await send(mail('Source', '<script>alert(1)</script>'));
  const id = (await mails())[0]!.id;
  const response = await get(`/dev/inbox/${id}/raw`);
  expect(await response.text()).toBe(`${mail('Source', '<script>alert(1)</script>')}\r\n`);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
});

it('frames the HTML part in a policy that lets nothing run or load', async () => {
  await send(
    'Subject: H\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><html><body>Hi</body></html>',
  );
  const id = (await mails())[0]!.id;
  const response = await get(`/dev/inbox/${id}/html`);
  expect(await response.text()).toMatch(/^<!DOCTYPE html><base target="_blank"><html><body>Hi/);
  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain('sandbox allow-popups allow-popups-to-escape-sandbox;');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/script-src|allow-scripts|allow-same-origin|http/);
});

it('waits for a mail over HTTP, and says 204 when none came', async () => {
  const waiting = json<InboxItem>('/dev/inbox/wait?to=lin@example.com&timeoutMs=5000');
  await send(mail('Not this'), 'ada@example.com');
  await send(mail('This'), 'lin@example.com');
  expect((await waiting).subject).toBe('This');

  const since = encodeURIComponent(new Date(Date.now() + 1000).toISOString());
  const late = await get(`/dev/inbox/wait?since=${since}&timeoutMs=30`);
  expect(late.status).toBe(204);
  expect(await late.text()).toBe('');
});

it('tells of mails as they arrive', async () => {
  const response = await get('/dev/inbox/events');
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  await send(mail('Live'));
  await fetch(`${origin}/dev/inbox`, { method: 'DELETE' });
  while (!heard.includes('event: cleared')) heard += (await reader.read()).value ?? '';
  await reader.cancel();
  expect(heard).toMatch(/event: arrived\n.*"subject":"Live"/s);
  expect(heard).not.toContain('"text"');
});

it('clears', async () => {
  await send(mail('Old'));
  const response = await fetch(`${origin}/dev/inbox`, { method: 'DELETE' });
  expect(response.status).toBe(204);
  expect(await mails()).toEqual([]);
});

it.each([
  ['/dev/inbox?limit=0', 400, 'validation-failed'],
  ['/dev/inbox?limit=101', 400, 'validation-failed'],
  ['/dev/inbox?cursor=x', 400, 'validation-failed'],
  ['/dev/inbox?colour=red', 400, 'validation-failed'],
  ['/dev/inbox/wait?timeoutMs=60001', 400, 'validation-failed'],
  ['/dev/inbox/wait?since=yesterday', 400, 'validation-failed'],
  ['/dev/inbox/1', 400, 'validation-failed'],
  ['/dev/inbox/4d1f4c9e-6f5b-4c0e-9a53-6f1c5b2f7a10', 404, 'not-found'],
  ['/dev/inbox/4d1f4c9e-6f5b-4c0e-9a53-6f1c5b2f7a10/raw', 404, 'not-found'],
  ['/dev/inbox/4d1f4c9e-6f5b-4c0e-9a53-6f1c5b2f7a10/html', 404, 'not-found'],
])('answers %s with %i %s', async (path, status, code) => {
  const response = await get(path);
  expect(response.status).toBe(status);
  expect(((await response.json()) as { code: string }).code).toBe(code);
});

describe('who is not at this machine', () => {
  // fetch does not let a Host header through.
  const statusWith = async (path: string, headers: Record<string, string>) => {
    const request = http.get(origin + path, { headers });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  const paths = ['/dev/inbox', '/dev/inbox/events', '/inbox'];

  it.each(paths)('does not get %s through a name that was made to point here', async (path) => {
    expect(await statusWith(path, { host: 'evil.example' })).toBe(404);
  });

  it.each(paths)('does not get %s through a proxy on this machine', async (path) => {
    expect(await statusWith(path, { 'x-forwarded-for': '203.0.113.9' })).toBe(404);
    expect(await statusWith(path, { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' })).toBe(404);
    expect(await statusWith(path, { forwarded: 'for=203.0.113.9' })).toBe(404);
    expect(await statusWith(path, { 'x-forwarded-host': 'evil.example' })).toBe(404);
  });

  it('may be this machine itself behind a proxy of its own', async () => {
    expect(await statusWith('/inbox', { 'x-forwarded-for': '127.0.0.1' })).toBe(200);
  });
});

it('sends the page with a policy that knows no inline script or style', async () => {
  const response = await get('/inbox');
  const text = await response.text();
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
  expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  expect(text).toContain(`curl ${origin}/auth/register`);
});

it('ends at once, whoever still waits or listens', async () => {
  const other = new InboxStore();
  const otherServer = new InboxServer(other);
  await otherServer.start();
  @Module({
    imports: [
      EdgeModule,
      InboxModule.forRoot({ server: otherServer, store: other, appName: 'Acme' }),
    ],
  })
  class OtherModule {}
  const second = await NestFactory.create<NestExpressApplication>(OtherModule, { logger: false });
  await second.listen(0, '127.0.0.1');
  const url = (await second.getUrl()).replace('[::1]', '127.0.0.1');
  const waiting = fetch(`${url}/dev/inbox/wait`);
  const events = await fetch(`${url}/dev/inbox/events`);
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await second.close();
  expect((await waiting).status).toBe(204);
  await events.text();
  expect(performance.now() - started).toBeLessThan(1500);
});
