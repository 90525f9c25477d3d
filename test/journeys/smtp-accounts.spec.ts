import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { accountFields } from '#mailer-config';
import { SmtpAccounts } from '#smtp-account';
import { freePort } from '../../src/free-port.js';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import type { Answer } from '../harness/http-client.js';
import { firstAdmin, firstAdminVia, member, PASSWORD } from '../harness/people.js';
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

/** The fields of an account that signs in at a server without TLS. */
const accountAt = ({ host, port }: SmtpServer) => ({
  host,
  port,
  username: 'ada',
  password: CANARY,
  requireTls: false,
  allowPlaintextAuth: true,
});

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

  it('keep what they have sent counted under another name', async () => {
    const { id } = (await accounts.add({ name: 'before', maxPerDay: 100 })).body;
    app.isTampered = true;
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, expires_at,
        account, sent_at, ended_at)
      select gen_random_uuid(), 'test', 'ada@example.com', 'en', 'sent', 1, '<' || n || '@a.example>',
        now(), 'before', sent_at, sent_at
      from generate_series(1, 3) as n,
        lateral (select now() - interval '1 hour' * (n / 3) as sent_at) as moment
    `.execute(app.db);
    const sent = async () => (await accounts.show(id)).body.health;
    expect(await sent()).toMatchObject({ sentLastMinute: 2, sentLastDay: 3 });
    await accounts.change(id, { name: 'after' });
    expect(await sent()).toMatchObject({ sentLastMinute: 2, sentLastDay: 3 });
    // And another one that takes the name begins with nothing.
    const another = (await accounts.add({ name: 'before' })).body;
    expect(another.health).toMatchObject({ sentLastMinute: 0, sentLastDay: 0 });
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

  it('say where to find an id', async () => {
    const message = 'Take the id of an account in GET /admin/smtp-accounts.';
    for (const answer of [await accounts.show('sales'), await accounts.remove('sales')])
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ message }] } });
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

  it('F03: are described with secrets that can be written, never read, and have no example', async () => {
    const { body } = await app.http.get('/openapi.json');
    const schemaOf = (schema: any): any =>
      schema.$ref ? body.components.schemas[schema.$ref.split('/').at(-1)] : schema;
    const { post } = body.paths['/admin/smtp-accounts'];
    const given = schemaOf(post.requestBody.content['application/json'].schema).properties;
    const shown = schemaOf(post.responses['201'].content['application/json'].schema).properties;
    const secrets = accountFields.filter(({ secret }) => secret).map(({ name }) => name);
    expect(secrets).toEqual(expect.arrayContaining(['password', 'url', 'proxy', 'tlsKey']));
    for (const { name } of accountFields)
      expect([name, given[name].writeOnly === true, name in shown]).toEqual([
        name,
        secrets.includes(name),
        !secrets.includes(name),
      ]);
    expect(Object.keys(shown)).toEqual(
      expect.arrayContaining(['hasPassword', 'hasUrl', 'isDefault', 'health', 'warnings']),
    );
    for (const secret of secrets) expect(given[secret]).not.toHaveProperty('example');
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
    const redirected = await accounts.change(withToken.body.id, { port: 2525, password: 'x' });
    expect([redirected.status, fieldsOf(redirected)]).toEqual([422, ['username']]);
    // A user name that is the password too is one for ever: it is shown nowhere, not even later.
    const twice = await accounts.add({ username: 'hunter2', password: 'hunter2' });
    expect(twice.body).toMatchObject({ username: null, hasUsername: true });
    const changed = await accounts.change(twice.body.id, { password: 'hunter3' });
    expect(changed.body).toMatchObject({ username: null, hasUsername: true });
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

describe('F05: a host set over the API', () => {
  let app: TestApp;
  let accounts: Accounts;
  beforeAll(async () => {
    app = await startApp();
    accounts = await Accounts.of(app);
  });
  afterAll(() => app.close());

  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '[::1]',
    '::',
    '[::ffff:10.0.0.1]',
    '::ffff:169.254.169.254',
    '64:ff9b::a00:1',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    'localhost',
    'LOCALHOST',
  ])('does not lead to %s', async (host) => {
    const refused = await accounts.add({ host });
    expect(refused).toMatchObject({ status: 422, body: { code: 'host-refused' } });
    expect(fieldsOf(refused)).toEqual(['host']);
    const byUrl = await accounts.add({
      host: undefined,
      url: `smtp://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}`,
    });
    expect(byUrl).toMatchObject({ status: 422, body: { errors: [{ field: 'url' }] } });
  });

  it.each([
    // What resolvers take for an IPv4 address.
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '017700000001',
    '127.1',
    '0',
    '127.0.0.1.',
    'localhost.',
    '127.0.0.1 evil',
    '8.8.8.8@127.0.0.1',
    '127。0。0。1',
  ])('is not written %j', async (host) => {
    const refused = await accounts.add({ host });
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused)).toEqual(['host']);
  });

  it('does not lead to a private network by proxy or token URL either', async () => {
    const oauth2 = {
      authMethod: 'xoauth2',
      username: 'ada@acme.example',
      oauth2TokenUrl: 'https://169.254.169.254/token',
      oauth2ClientId: 'gatepost',
      oauth2ClientSecret: CANARY,
    };
    const refused = await accounts.add({ ...oauth2, proxy: 'http://10.0.0.1:3128' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'host-refused' } });
    expect(fieldsOf(refused)).toEqual(['proxy', 'oauth2TokenUrl']);
    const inClear = await accounts.add({ ...oauth2, oauth2TokenUrl: 'http://8.8.8.8/token' });
    expect(inClear).toMatchObject({ status: 400, body: { errors: [{ field: 'oauth2TokenUrl' }] } });
  });

  it('F06: tells nothing about what listens in a private network, for nothing is asked there', async () => {
    await using server = await startSmtpServer();
    const closed = await freePort('127.0.0.1');
    const answers = await Promise.all(
      // something listens, nothing listens, nobody answers
      [
        { host: '127.0.0.1', port: server.port },
        { host: '127.0.0.1', port: closed },
        { host: '10.255.255.1', port: closed },
      ].map(async ({ host, port }) => {
        const { status, body } = await accounts.add({ host, port });
        const text = JSON.stringify(body).replaceAll(host, 'HOST').replaceAll(`${port}`, 'PORT');
        return [status, text];
      }),
    );
    expect(answers[0]).toEqual([422, expect.stringContaining('host-refused')]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(server.connections).toEqual([]);
  });

  it('has a port where mail is submitted', async () => {
    for (const port of [25, 465, 587, 2465, 2500, 2525, 2587, 8465]) {
      const tls = [465, 2465, 8465].includes(port);
      expect([port, (await accounts.add({ port, tls })).status]).toEqual([port, 201]);
    }
    for (const port of [22, 80, 443, 3306, 5432, 6379, 9200]) {
      const refused = await accounts.add({ port });
      expect([port, refused.status, fieldsOf(refused)]).toEqual([port, 422, ['port']]);
    }
  });

  it('is in use when the call that names it answers', async () => {
    const inUse = app.server.app.get(SmtpAccounts, { strict: false });
    for (let i = 0; i < 20; i += 1) {
      const { id } = (await accounts.add({ name: `used ${i}` })).body;
      expect(inUse.find(id)?.name).toBe(`used ${i}`);
      await accounts.remove(id);
      expect(inUse.find(id)).toBeUndefined();
    }
  });

  it('may be unknown for now, with a warning', async () => {
    const { status, body } = await accounts.add({ host: 'smtp.not-there-yet.invalid' });
    expect(status).toBe(201);
    expect(body.warnings).toContainEqual({
      field: 'host',
      code: 'DNS_UNRESOLVED',
      message: expect.stringContaining('smtp.not-there-yet.invalid has no address'),
    });
  });

  it('is refused in a change too, which then changes nothing', async () => {
    const { id } = (await accounts.add({ name: 'public' })).body;
    const refused = await accounts.change(id, { host: '10.0.0.1', name: 'private' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'host-refused' } });
    expect((await accounts.show(id)).body).toMatchObject({ name: 'public', host: '8.8.8.8' });
  });

  it('that is refused by now can still be disabled, renamed and removed', async () => {
    const { id } = (await accounts.add({})).body;
    await sql`update smtp_accounts set settings = settings || '{"host": "10.0.0.1"}'
      where id = ${id}`.execute(app.db);
    const changed = await accounts.change(id, { enabled: false, name: 'moved' });
    expect(changed).toMatchObject({ status: 200, body: { enabled: false, name: 'moved' } });
    expect((await accounts.remove(id)).status).toBe(204);
  });
});

describe('F04: a stored password', () => {
  const auth = { user: 'ada', pass: CANARY, inClear: true, required: true };
  const register = (app: TestApp, email: string) =>
    app.http.post('/auth/register', { email, password: PASSWORD });

  it('is never told to another server than it was given for', async () => {
    await using server = await startSmtpServer({ auth });
    await using other = await startSmtpServer({ auth });
    const app = await startApp({ SMTP_ALLOW_PRIVATE_HOSTS: 'true' });
    try {
      const accounts = await Accounts.of(app);
      const { id } = (await accounts.add({ ...accountAt(server), name: 'there' })).body;
      await accounts.makeDefault(id);
      await register(app, 'ada@example.com');
      await server.waitForMessage(({ rcpts }) => rcpts.includes('ada@example.com'));

      for (const elsewhere of [
        { port: other.port },
        { host: 'localhost' },
        { tlsInsecure: true },
        { tlsServername: 'evil.example' },
        { proxy: `http://127.0.0.1:${other.port}` },
        { port: other.port, name: 'harmless', bcc: 'mole@evil.example' },
      ]) {
        const refused = await accounts.change(id, elsewhere);
        expect([elsewhere, refused.status, refused.body.code, fieldsOf(refused)]).toEqual([
          elsewhere,
          422,
          'secret-required',
          ['password'],
        ]);
      }
      expect((await accounts.show(id)).body).toMatchObject({
        name: 'there',
        port: server.port,
        bcc: null,
      });
      await register(app, 'grace@example.com');
      await server.waitForMessage(({ rcpts }) => rcpts.includes('grace@example.com'));
      expect(other.connections).toEqual([]);

      const moved = await accounts.change(id, { port: other.port, password: CANARY });
      expect(moved).toMatchObject({ status: 200, body: { port: other.port, hasPassword: true } });
      await register(app, 'barbara@example.com');
      await other.waitForMessage(({ rcpts }) => rcpts.includes('barbara@example.com'));
    } finally {
      await app.close();
    }
  });

  it('takes the tokens with it that were got for the place before', async () => {
    const app = await startApp();
    try {
      const accounts = await Accounts.of(app);
      const { id } = (await accounts.add({})).body;
      const tokens = async () => {
        const { rows } = await sql`select from oauth2_tokens where account_id = ${id}`.execute(
          app.db,
        );
        return rows.length;
      };
      await sql`insert into oauth2_tokens (account_id, fingerprint, sealed)
        values (${id}, 'x', 'x')`.execute(app.db);
      await accounts.change(id, { bcc: 'log@acme.example' });
      expect(await tokens()).toBe(1);
      await accounts.change(id, { host: '1.1.1.1' });
      expect(await tokens()).toBe(0);
    } finally {
      await app.close();
    }
  });
});

it('beside an account of the environment, that one is shown without its secrets and stays first', async () => {
  const auth = { user: 'ada', pass: CANARY, inClear: true };
  await using server = await startSmtpServer({ auth });
  const app = await startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_SENDER: '"Acme, Inc." <no-reply@acme.example>',
    SMTP_USERNAME: 'ada',
    SMTP_PASSWORD: CANARY,
    SMTP_REQUIRE_TLS: 'false',
    FIRST_ADMIN_EMAIL: 'admin@example.com',
  });
  try {
    const { accessToken } = await firstAdminVia(app, server);
    const accounts = new Accounts(app, accessToken);
    await accounts.add({ name: 'first by priority', priority: 0 });
    expect(await accounts.names()).toEqual(['environment*', 'first by priority']);
    // The server has the mail a moment before it is written down that it has.
    const { body, text } = await eventually(
      () => accounts.show('environment'),
      (answer) => answer.body.health.sentLastDay === 1,
    );
    expect(body).toMatchObject({
      name: 'environment',
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      requireTls: false,
      sender: '"Acme, Inc." <no-reply@acme.example>',
      username: 'ada',
      hasPassword: true,
      authMethod: 'auto',
      timeoutConnect: 10_000,
      health: { status: 'ok', sentLastMinute: 1, sentLastDay: 1 },
    });
    expect(text).not.toContain(CANARY);
    const changed = await accounts.change('environment', { host: '8.8.8.8' });
    expect(changed.body.detail).toMatch(/^It is set by SMTP_HOST/);
  } finally {
    await app.close();
  }
});

it('F09: the secrets of accounts outlive a change of the key', async () => {
  const [original, next] = ['a5'.repeat(32), '5a'.repeat(32)];
  const auth = { user: 'ada', pass: CANARY, inClear: true, required: true };
  await using server = await startSmtpServer({ auth });
  const database = await createTestDatabase();
  const env = { ADMIN_WEB_URL: 'http://acme.example', SMTP_ALLOW_PRIVATE_HOSTS: 'true' };
  try {
    let app = await startApp({ ...env, SECRET_KEY: original }, database);
    const accounts = await Accounts.of(app);
    const { id } = (await accounts.add(accountAt(server))).body;
    await accounts.makeDefault(id);
    await app.close();

    const keys = { SECRET_KEY: next, SECRET_KEY_PREVIOUS: original };
    app = await startApp({ ...env, ...keys }, database);
    await app.server.app.get(SmtpAccounts, { strict: false }).reseal();
    await app.close();

    app = await startApp({ ...env, SECRET_KEY: next }, database);
    try {
      await app.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
      await server.waitForMessage(({ rcpts }) => rcpts.includes('ada@example.com'), 10_000);
    } finally {
      await app.close();
    }
  } finally {
    await database.drop();
  }
});
