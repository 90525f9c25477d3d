import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Module, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { z } from 'zod';
import type { Settings } from '#settings';
import { configureEdge } from './edge.js';
import { EdgeModule } from './edge.module.js';
import { SessionCheck } from './session-check.js';

const noteSchema = z.strictObject({
  text: z.string().max(10),
  tags: z.array(z.string()).optional(),
});

@Controller()
class TestController {
  @Post('notes')
  write(@Body({ schema: noteSchema }) note: unknown) {
    return note;
  }

  @Get('notes')
  list(@Query({ schema: z.strictObject({ limit: z.coerce.number().max(9) }) }) query: unknown) {
    return query;
  }

  @Post('link/form')
  form(@Body() form: unknown) {
    return form;
  }

  @Get('admin/notes')
  listAll() {
    return [];
  }

  @Get('failing')
  fail() {
    throw new Error('select password_hash from users in /srv/secret.ts');
  }

  @Get('unreachable')
  unreachable() {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
  }
}

const sessions: SessionCheck = {
  principalOf: async ({ headers }) =>
    headers.authorization === 'Bearer good'
      ? { userId: 'u', sessionId: 's', role: 'admin' }
      : undefined,
};

@Module({
  imports: [EdgeModule],
  controllers: [TestController],
  providers: [{ provide: SessionCheck, useValue: sessions }],
})
class TestModule {}

async function start(settings: Partial<Settings> = {}) {
  const app = await NestFactory.create<NestExpressApplication>(TestModule, {
    logger: false,
    bodyParser: false,
  });
  configureEdge(app, {
    adminWebUrl: 'https://accounts.example.com',
    rateLimit: 'off',
    trustProxy: undefined,
    ...settings,
  });
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    server,
    call: (path: string, init?: RequestInit) => fetch(url + path, init),
    post: (body: BodyInit, headers: Record<string, string> = {}) =>
      fetch(`${url}/notes`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

const codeOf = async (response: Response) => [response.status, (await response.json()).code];

describe('bodies', () => {
  it('E01: at most 32 KiB, told or chunked, and never unpacked', async () => {
    await using edge = await start();
    const big = JSON.stringify({ text: 'x'.repeat(40_000) });
    expect(await codeOf(await edge.post(big))).toEqual([413, 'body-too-large']);
    const chunked = { body: new Blob([big]).stream(), duplex: 'half' } as RequestInit;
    const headers = { 'content-type': 'application/json' };
    const response = await edge.call('/notes', { method: 'POST', headers, ...chunked });
    expect(await codeOf(response)).toEqual([413, 'body-too-large']);
    const bomb = gzipSync(JSON.stringify({ text: ' '.repeat(10_000_000) }));
    expect(await codeOf(await edge.post(bomb, { 'content-encoding': 'gzip' }))).toEqual([
      415,
      'unsupported-media-type',
    ]);
  });

  it.each<[string, string, number, string]>([
    ['{"text":', 'application/json', 400, 'malformed-body'],
    ['"text"', 'application/json', 400, 'malformed-body'],
    ['{"text":NaN}', 'application/json', 400, 'malformed-body'],
    ['{"text":1e400}', 'application/json', 400, 'validation-failed'],
    ['[]', 'application/json', 400, 'validation-failed'],
    ['{"text":"a"}', 'text/plain', 415, 'unsupported-media-type'],
    ['{"text":"a"}', '', 415, 'unsupported-media-type'],
    ['text=a', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['{"text":"a"}', 'application/json; charset=utf-16', 415, 'unsupported-media-type'],
    ['{"text":"a"}', 'application/json; charset="utf-7"', 415, 'unsupported-media-type'],
    ['{"text":"a"}', 'application/json; charset=UTF-8', 201, ''],
    ['\ufeff{"text":"a"}', 'application/json', 201, ''],
  ])('E02: %s as %s', async (body, contentType, status, code) => {
    await using edge = await start();
    const response = await edge.post(body, { 'content-type': contentType });
    expect(response.status).toBe(status);
    if (status !== 201) expect((await response.json()).code).toBe(code);
  });

  it('E03: nested as deep as fits, they are refused at once', async () => {
    await using edge = await start();
    for (const body of [
      '['.repeat(16_000) + ']'.repeat(16_000),
      '{"text":'.repeat(3_000) + '1' + '}'.repeat(3_000),
    ]) {
      const start = performance.now();
      expect(await codeOf(await edge.post(body))).toEqual([400, 'validation-failed']);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });

  it('E04: prototypes are fields that nobody knows, and stay what they are', async () => {
    await using edge = await start();
    for (const hostile of [
      '{"text":"a","__proto__":{"polluted":1}}',
      '{"text":"a","constructor":{"prototype":{"polluted":1}}}',
      '{"text":"a","prototype":{"polluted":1}}',
    ])
      expect(await codeOf(await edge.post(hostile))).toEqual([400, 'validation-failed']);
    await edge.call('/notes?limit=1&__proto__[polluted]=1');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('E05: unknown fields are named and refused; values are never repeated', async () => {
    await using edge = await start();
    const response = await edge.post(
      JSON.stringify({ text: 'a secret that is too long', role: 'admin' }),
    );
    const text = await response.text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({
      code: 'validation-failed',
      errors: [
        { field: 'text', message: expect.any(String) },
        { field: 'role', message: 'There is no such field; leave it out.' },
      ],
    });
  });

  it('are asked for where there is none', async () => {
    await using edge = await start();
    const bodies = [undefined, JSON.stringify({})];
    const headers = { 'content-type': 'application/json' };
    const answers = bodies.map((body) => edge.call('/notes', { method: 'POST', body, headers }));
    const errors = (await Promise.all(answers)).map(async (answer) => (await answer.json()).errors);
    expect(await Promise.all(errors)).toEqual([
      [{ field: '', message: 'Send a JSON object as the body.' }],
      [{ field: 'text', message: 'This field is required.' }],
    ]);
  });

  it('reads forms behind /link and nowhere else', async () => {
    await using edge = await start();
    const body = new URLSearchParams({ token: 't', 'a[b]': 'c' });
    const response = await edge.call('/link/form', { method: 'POST', body });
    expect(await response.json()).toEqual({ token: 't', 'a[b]': 'c' });
  });
});

describe('answers', () => {
  it('E13: have their headers, errors too', async () => {
    await using edge = await start();
    for (const path of ['/notes?limit=1', '/nothing', '/failing', '/%zz']) {
      const { headers } = await edge.call(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('strict-transport-security')).toContain('max-age=31536000');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('E14: tell nothing of an unforeseen error but the id it is logged under', async () => {
    await using edge = await start();
    const response = await edge.call('/failing', { headers: { 'x-request-id': 'mine\u00e9' } });
    const body = await response.json();
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(body).toEqual({
      type: 'urn:gatepost:problem:internal-error',
      title: 'Something went wrong on our side',
      status: 500,
      detail: expect.stringContaining(String(response.headers.get('x-request-id'))),
      code: 'internal-error',
    });
  });

  it('A34: say that the database is away, and when to come back', async () => {
    await using edge = await start();
    const response = await edge.call('/unreachable');
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await codeOf(response)).toEqual([503, 'database-unavailable']);
  });

  it('E16: tell a wrong method from a wrong address', async () => {
    await using edge = await start();
    const wrongMethod = await edge.call('/notes', { method: 'DELETE' });
    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(await codeOf(wrongMethod)).toEqual([405, 'method-not-allowed']);
    expect(await codeOf(await edge.call('/note'))).toEqual([404, 'not-found']);
    expect(await codeOf(await edge.call('/%zz'))).toEqual([404, 'not-found']);
    expect((await edge.call('/notes', { method: 'OPTIONS' })).status).toBe(405);
  });

  it('E06: end requests that never come to their end', async () => {
    await using edge = await start();
    expect(edge.server.headersTimeout).toBeLessThanOrEqual(60_000);
    expect(edge.server.requestTimeout).toBeLessThanOrEqual(300_000);
  });
});

describe('the limit of requests a client', () => {
  const statuses = async (count: number, call: (i: number) => Promise<Response>) => {
    const seen = [];
    for (let i = 0; i < count; i++) seen.push((await call(i)).status);
    return seen;
  };

  it('E10: answers 429 with the seconds to wait', async () => {
    await using edge = await start({ rateLimit: 2 });
    await statuses(2, () => edge.call('/notes?limit=1'));
    const response = await edge.call('/notes?limit=1');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await codeOf(response)).toEqual([429, 'too-many-requests']);
  });

  it('E08: believes no forwarding header without a proxy', async () => {
    await using edge = await start({ rateLimit: 2 });
    const spoofed = (i: number) =>
      edge.call('/notes?limit=1', {
        headers: {
          'x-forwarded-for': `192.0.2.${i}`,
          'x-real-ip': `192.0.2.${i}`,
          'cf-connecting-ip': `192.0.2.${i}`,
          forwarded: `for=192.0.2.${i}`,
        },
      });
    expect(await statuses(3, spoofed)).toEqual([200, 200, 429]);
  });

  it.each<[string, (i: number) => string, number]>([
    [
      'E08: takes what the one proxy wrote, not what the client did',
      (i) => `198.51.100.${i}, 192.0.2.1`,
      429,
    ],
    ['counts two clients apart', (i) => `192.0.2.${i}`, 200],
    ['E08: takes an IPv6 /64 for one client', (i) => `2001:db8:0:1:${i}::1`, 429],
    ['takes two /64 for two', (i) => `2001:db8:0:${i}::1`, 200],
  ])('%s', async (_what, forwarded, third) => {
    await using edge = await start({ rateLimit: 2, trustProxy: 1 });
    const call = (i: number) =>
      edge.call('/notes?limit=1', { headers: { 'x-forwarded-for': forwarded(i) } });
    expect((await statuses(3, call)).at(-1)).toBe(third);
  });

  it('is lifted by a session where one is needed, and nowhere else', async () => {
    await using edge = await start({ rateLimit: 1 });
    const call = (path: string, token: string) =>
      edge.call(path, { headers: { authorization: `Bearer ${token}` } });
    expect(await statuses(3, () => call('/admin/notes', 'good'))).toEqual([200, 200, 200]);
    expect(await statuses(2, () => call('/admin/notes', 'bad'))).toEqual([200, 429]);
    expect(await statuses(1, () => call('/notes?limit=1', 'good'))).toEqual([429]);
    expect(await statuses(1, () => call('/users/me/password', 'good'))).toEqual([429]);
  });
});
