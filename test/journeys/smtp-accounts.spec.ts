import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import type { Answer } from '../harness/http-client.js';
import { firstAdmin, member, PASSWORD } from '../harness/people.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const CANARY = 'c4nary-Pa55word';

/** The calls of an admin. */
class Accounts {
  constructor(
    readonly app: TestApp,
    readonly token: string,
  ) {}

  static async of(app: TestApp): Promise<Accounts> {
    return new Accounts(app, (await firstAdmin(app)).accessToken);
  }

  list(query = ''): Promise<Answer> {
    return this.app.http.get(`/admin/smtp-accounts${query}`, this);
  }
  show(id: string): Promise<Answer> {
    return this.app.http.get(`/admin/smtp-accounts/${id}`, this);
  }
  add(fields: object): Promise<Answer> {
    const sender = 'Acme <no-reply@acme.example>';
    return this.app.http.post(
      '/admin/smtp-accounts',
      { name: `account ${randomUUID()}`, host: '8.8.8.8', sender, ...fields },
      this,
    );
  }
  change(id: string, fields: object): Promise<Answer> {
    return this.app.http.patch(`/admin/smtp-accounts/${id}`, fields, this);
  }
  remove(id: string): Promise<Answer> {
    return this.app.http.delete(`/admin/smtp-accounts/${id}`, this);
  }
  makeDefault(id: string): Promise<Answer> {
    return this.app.http.post(`/admin/smtp-accounts/${id}/default`, undefined, this);
  }

  /** The names in the order of the list, the default one with a star. */
  async names(): Promise<string[]> {
    const { body } = await this.list('?limit=100');
    return body.items.map(
      ({ name, isDefault }: { name: string; isDefault: boolean }) => name + (isDefault ? '*' : ''),
    );
  }
}

const fieldsOf = ({ body }: Answer): string[] =>
  (body.errors ?? []).map(({ field }: { field: string }) => field);

describe('SMTP accounts, as operators see them', () => {
  let app: TestApp;
  let accounts: Accounts;

  beforeAll(async () => {
    app = await startApp({ SMTP_ALLOW_PRIVATE_HOSTS: 'true' });
    accounts = await Accounts.of(app);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await app.db.deleteFrom('smtp_accounts').execute();
  });

  it('begin with the one of the environment, which is not changed here', async () => {
    const { body } = await accounts.list();
    expect(body).toEqual({
      items: [
        expect.objectContaining({
          id: 'environment',
          name: 'inbox',
          source: 'environment',
          isDefault: true,
          enabled: true,
          priority: null,
          hasPassword: false,
          security: 'clear',
        }),
      ],
      nextCursor: null,
    });
    const changed = await accounts.change('environment', { enabled: false });
    expect(changed).toMatchObject({ status: 409, body: { code: 'account-read-only' } });
    const removed = await accounts.remove('environment');
    expect(removed).toMatchObject({ status: 409, body: { code: 'account-read-only' } });
    expect(removed.body.detail).toContain('SMTP_HOST');
  });

  it('are added with what a preset fills in, and begin unused', async () => {
    const { status, body } = await accounts.add({
      name: ' Sales ',
      host: undefined,
      provider: 'sendgrid',
      username: 'apikey',
      password: `SG.${CANARY}`,
      replyTo: 'sales@acme.example',
      maxPerDay: 100,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Sales',
      enabled: true,
      priority: 100,
      isDefault: false,
      source: 'database',
      provider: 'sendgrid',
      host: 'smtp.sendgrid.net',
      port: 587,
      security: 'starttls',
      username: 'apikey',
      hasPassword: true,
      hasUrl: false,
      hasProxy: false,
      proxyHost: null,
      replyTo: 'sales@acme.example',
      bcc: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
      health: {
        status: 'unused',
        breaker: 'closed',
        retryAt: null,
        lastSuccessAt: null,
        lastFailureAt: null,
        lastFailure: null,
        sentLastMinute: 0,
        sentLastDay: 0,
        maxPerMinute: null,
        maxPerDay: 100,
        tokenExpiresAt: null,
      },
    });
    expect((await accounts.show(body.id)).body).toMatchObject({ id: body.id, name: 'Sales' });
  });

  it('are changed field by field; null removes one', async () => {
    const { id } = (await accounts.add({ replyTo: 'a@acme.example', footer: 'Acme\nBonn' })).body;
    const changed = await accounts.change(id, { replyTo: null, bcc: 'log@acme.example' });
    expect(changed).toMatchObject({
      status: 200,
      body: { replyTo: null, bcc: 'log@acme.example', footer: 'Acme\nBonn' },
    });
  });

  it('lose no change of several at the same moment', async () => {
    const { id } = (await accounts.add({})).body;
    const changes = {
      replyTo: 'a@acme.example',
      returnPath: 'b@acme.example',
      bcc: 'c@acme.example',
      readReceiptTo: 'd@acme.example',
      footer: 'e',
      maxPerDay: 6,
      maxPerMinute: 7,
      priority: 8,
    };
    const answers = await Promise.all(
      Object.entries(changes).map(([field, value]) => accounts.change(id, { [field]: value })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await accounts.show(id)).body).toMatchObject(changes);
  });

  it('are refused with a sentence for each field, and nothing is kept', async () => {
    const refused = await accounts.add({ port: 99_999, username: 'ada', tls: true });
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation-failed' } });
    expect(fieldsOf(refused)).toEqual(expect.arrayContaining(['port', 'password']));
    expect(refused.text).not.toContain('SMTP_');
    expect(fieldsOf(await accounts.add({ SMTP_HOST: 'x', color: 'red' }))).toEqual([
      'SMTP_HOST',
      'color',
    ]);
    for (const fields of [
      { name: '' },
      { name: 'environment' },
      { name: 'Inbox' },
      { name: 'a\r\nb' },
      { name: 'x'.repeat(101) },
      { priority: -1 },
      { priority: 1.5 },
      { enabled: 'yes' },
      { host: 5 },
      { host: null },
    ])
      expect([fields, (await accounts.add(fields)).status]).toEqual([fields, 400]);
    expect(await accounts.names()).toEqual(['inbox*']);
  });

  it.each([
    ['sender', 'Acme\r\nBcc: x@evil.example <a@acme.example>'],
    ['replyTo', 'a@acme.example\r\nBcc: x@evil.example'],
    ['returnPath', 'a@acme.example> NOTIFY=NEVER\r\nRCPT TO:<x@evil.example'],
    ['bcc', 'a@acme.example\nx@evil.example'],
    ['readReceiptTo', 'a@acme.example\r\nX: y'],
    ['ehloName', 'acme.example\r\nMAIL FROM:<x@evil.example>'],
    ['username', 'ada\r\nQUIT'],
    ['dkimSelector', 's\r\nX: y'],
    ['host', 'smtp.acme.example\r\nX'],
    ['footer', 'NUL \0'],
  ])('B04: no line break gets into %s', async (field, value) => {
    const refused = await accounts.add({ [field]: value });
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation-failed' } });
    expect(fieldsOf(refused)).toContain(field);
  });

  it('have names of their own', async () => {
    await accounts.add({ name: 'one' });
    const taken = await accounts.add({ name: 'one' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'account-name-taken' } });
    const { id } = (await accounts.add({ name: 'two' })).body;
    expect((await accounts.change(id, { name: 'one' })).body.code).toBe('account-name-taken');
    expect((await accounts.change(id, { name: 'two' })).status).toBe(200);
  });

  it('are listed in the order in which they are asked, page by page', async () => {
    await accounts.add({ name: 'last', priority: 900 });
    await accounts.add({ name: 'third' });
    await accounts.add({ name: 'fourth', enabled: false });
    await accounts.add({ name: 'second', priority: 1 });
    const names: string[] = [];
    let query = '?limit=2';
    for (;;) {
      const { body } = await accounts.list(query);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      if (!body.nextCursor) break;
      query = `?limit=2&cursor=${body.nextCursor}`;
    }
    expect(names).toEqual(['inbox', 'second', 'third', 'fourth', 'last']);
    expect((await accounts.list('?cursor=WzEsMl0')).status).toBe(400);
  });

  it('have exactly one default, whatever is done to it', async () => {
    const a = (await accounts.add({ name: 'a' })).body.id;
    const b = (await accounts.add({ name: 'b' })).body.id;
    const off = (await accounts.add({ name: 'off', enabled: false })).body.id;
    expect(await accounts.names()).toEqual(['inbox*', 'a', 'b', 'off']);

    expect(await accounts.makeDefault(b)).toMatchObject({ status: 200, body: { isDefault: true } });
    expect(await accounts.names()).toEqual(['b*', 'a', 'off', 'inbox']);
    expect(await accounts.makeDefault(off)).toMatchObject({
      status: 409,
      body: { code: 'account-disabled' },
    });
    await accounts.makeDefault(a);
    expect(await accounts.names()).toEqual(['a*', 'b', 'off', 'inbox']);

    await accounts.change(a, { enabled: false });
    expect(await accounts.names()).toEqual(['inbox*', 'a', 'b', 'off']);
    await accounts.change(a, { enabled: true });
    expect(await accounts.names()).toEqual(['inbox*', 'a', 'b', 'off']);

    await accounts.makeDefault(b);
    expect((await accounts.remove(b)).status).toBe(204);
    expect(await accounts.names()).toEqual(['inbox*', 'a', 'off']);

    await accounts.makeDefault(a);
    expect((await accounts.makeDefault('environment')).body.isDefault).toBe(true);
    expect(await accounts.names()).toEqual(['inbox*', 'a', 'off']);
  });

  it('are gone with all that is known of them', async () => {
    const { id } = (await accounts.add({})).body;
    await sql`insert into smtp_account_health (account_id, fingerprint) values (${id}, 'x')`.execute(
      app.db,
    );
    await sql`insert into oauth2_tokens (account_id, fingerprint, sealed) values (${id}, 'x', 'x')`.execute(
      app.db,
    );
    expect((await accounts.remove(id)).status).toBe(204);
    const { rows } = await sql`
      select account_id from smtp_account_health where account_id = ${id}
      union all select account_id from oauth2_tokens where account_id = ${id}
    `.execute(app.db);
    expect(rows).toEqual([]);
    for (const answer of [
      await accounts.remove(id),
      await accounts.show(id),
      await accounts.change(id, { enabled: true }),
      await accounts.makeDefault(id),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect((await accounts.show('1')).status).toBe(400);
  });

  it('are for admins only', async () => {
    const { accessToken: token } = await member(app, 'ada@example.com');
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', '/environment'],
      ['PATCH', '/environment'],
      ['DELETE', '/environment'],
      ['POST', '/environment/default'],
    ] as const) {
      const body = method === 'POST' || method === 'PATCH' ? {} : undefined;
      const call = (as?: string) =>
        app.http.call(method, `/admin/smtp-accounts${path}`, body, { token: as });
      expect([method, path, (await call(token)).status, (await call()).status]).toEqual([
        method,
        path,
        403,
        401,
      ]);
    }
  });

  it('F03, F08: keep their secrets: not in an answer, not in the rows, not for another row', async () => {
    const secrets = {
      password: CANARY,
      proxy: `socks5://mole:${CANARY}@127.0.0.1:1080`,
    };
    const added = await accounts.add({ host: '127.0.0.1', username: 'ada', ...secrets });
    expect(added).toMatchObject({
      status: 201,
      body: { hasPassword: true, hasProxy: true, proxyHost: '127.0.0.1', username: 'ada' },
    });
    // Some providers take a token as user name.
    const token = `${CANARY}-0123456789abcdef`;
    const withToken = await accounts.add({ username: token, password: token });
    expect(withToken.body).toMatchObject({ username: null, hasUsername: true });
    const withUrl = await accounts.add({ host: undefined, url: `smtps://ada:${CANARY}@8.8.8.8` });
    expect(withUrl.body).toMatchObject({ hasUrl: true, host: '8.8.8.8', port: 465 });

    const { id } = added.body;
    const answers = [
      added,
      withToken,
      withUrl,
      await accounts.show(id),
      await accounts.list(),
      await accounts.change(id, { bcc: 'x' }),
      await accounts.change(id, { port: 2525 }),
      await app.http.get('/openapi.json'),
    ];
    for (const { text } of answers) expect(text).not.toContain(CANARY);

    const rows = await app.db.selectFrom('smtp_accounts').selectAll().execute();
    for (const { settings, secrets: sealed } of rows)
      expect(JSON.stringify(settings) + sealed.toString('latin1')).not.toContain(CANARY);

    const stolen = rows.find((row) => row.id === withUrl.body.id)!.secrets;
    await sql`update smtp_accounts set secrets = ${stolen} where id = ${id}`.execute(app.db);
    const { body } = await accounts.show(id);
    expect(body).toMatchObject({
      hasPassword: false,
      hasUrl: false,
      health: { status: 'invalid' },
    });
    expect(body.health.lastFailure).toContain('SECRET_KEY');
  });
});
