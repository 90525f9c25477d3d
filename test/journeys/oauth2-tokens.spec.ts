import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type DatabaseConnection, openDatabase, sql } from '#database';
import type { SmtpSettings } from '#mailer-config';
import { AccessTokens } from '#oauth2';
import { Vault } from '#vault';
import { fingerprintOf } from '../../src/oauth2/fingerprint.js';
import { writeTokens } from '../../src/oauth2/token.repository.js';
import { TokenStore } from '../../src/oauth2/token-store.service.js';
import { Clock } from '../harness/clock.js';
import { createTestDatabase, databaseKind, type TestDatabase } from '../harness/database.js';
import { accountFor } from '../harness/smtp-account.js';
import {
  grant,
  oauth2For,
  startTokenServer,
  type TokenScript,
  type TokenServer,
} from '../harness/token-server.js';

const vault = new Vault(randomBytes(32));
const { signal } = new AbortController();

let database: TestDatabase;
let connections: DatabaseConnection[];
let server: TokenServer;

beforeAll(async () => {
  database = await createTestDatabase();
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
  const connect = () => openDatabase({ dataDir, databaseUrl });
  // As many processes as there may be on one database, as far as the database can tell.
  connections = [await connect()];
  if (databaseKind === 'postgresql') connections.push(await connect());
}, 60_000);
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await database.drop();
});
beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await startTokenServer();
  await connections[0]!.db.deleteFrom('oauth2_tokens').execute();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** What is logged as an error from now on: the alerts. */
function alerts(): unknown[][] {
  const errors: unknown[][] = [];
  const log = () => {};
  Logger.overrideLogger({ log, warn: log, error: (...line: unknown[]) => void errors.push(line) });
  return errors;
}

/** What a worker process has; those of one process share more than those of two. */
function worker(n = 0, keys = vault): AccessTokens {
  const { db } = connections[n % connections.length]!;
  return new AccessTokens(db, new TokenStore(db, keys));
}

const clock = () => new Clock(connections[0]!.db);

const account = (
  oauth2: NonNullable<SmtpSettings['auth']['oauth2']>,
  rest: Partial<SmtpSettings> = {},
): SmtpSettings =>
  accountFor(
    { port: 25, options: {}, ca: '' },
    { auth: { method: 'xoauth2', username: 'noreply@acme.example', oauth2 }, ...rest },
  );
const byClient = () => account(oauth2For(server, 'client_credentials'));
const byRefresh = () => account(oauth2For(server, 'refresh_token'));

const slowly =
  (script: TokenScript, ms = 150): TokenScript =>
  async (...call) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return await script(...call);
  };

/** Gives a new refresh token with each access token, and knows no other from then on (RFC 9700). */
const rotating = (): TokenScript => {
  let valid = 'refresh-0';
  return ({ params }, number) => {
    if (params.get('refresh_token') !== valid)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'spent' } };
    valid = `refresh-${number}`;
    return {
      body: {
        access_token: `access-${number}`,
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: valid,
      },
    };
  };
};

describe('A25: 20 workers that need a token at once', () => {
  it('make one request, in one process', async () => {
    server.script = slowly(grant);
    const tokens = worker();
    const got = await Promise.all(
      Array.from({ length: 20 }, () => tokens.accessToken(byClient(), { signal })),
    );
    expect(new Set(got)).toEqual(new Set(['access-1']));
    expect(server.calls).toHaveLength(1);
  });

  it('make one request, each a process of its own', async () => {
    server.script = slowly(grant);
    const got = await Promise.all(
      Array.from({ length: 20 }, (_, n) => worker(n).accessToken(byClient(), { signal })),
    );
    expect(new Set(got)).toEqual(new Set(['access-1']));
    expect(server.calls).toHaveLength(1);
    expect(await worker().accessToken(byClient(), { signal })).toBe('access-1');
    expect(server.calls).toHaveLength(1);
  });

  it('do not hold the database meanwhile', async () => {
    let during: unknown;
    server.script = async (...call) => {
      during = await connections[0]!.db.selectFrom('users').select('id').execute();
      return await grant(...call);
    };
    await worker().accessToken(byClient(), { signal });
    expect(during).toEqual([]);
  });

  it('make another one when whoever began has died', async () => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    server.script = () => void arrived();
    const dying = worker().accessToken(byClient(), { signal });
    dying.catch(() => undefined);
    await asked;
    await clock().advance('20 seconds');
    server.script = grant;
    expect(await worker(1).accessToken(byClient(), { signal })).toBe('access-2');
  });

  it('is not held up by one that gives up waiting', async () => {
    server.script = slowly(grant);
    const tokens = worker();
    const gone = AbortSignal.timeout(30);
    const [first, second] = await Promise.allSettled([
      tokens.accessToken(byClient(), { signal: gone }),
      tokens.accessToken(byClient(), { signal }),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { kind: 'transient' } });
    expect(second).toEqual({ status: 'fulfilled', value: 'access-1' });
  });
});

describe('a token', () => {
  it('is got again before it ends, and by one', async () => {
    await worker().accessToken(byClient(), { signal });
    await clock().advance('54 minutes');
    expect(await worker(1).accessToken(byClient(), { signal })).toBe('access-1');
    await clock().advance('2 minutes');
    server.script = slowly(grant);
    const got = await Promise.all(
      Array.from({ length: 6 }, (_, n) => worker(n).accessToken(byClient(), { signal })),
    );
    expect(server.calls).toHaveLength(2);
    // Who does not get it himself goes on with the one there is.
    expect(got.filter((token) => token === 'access-2').length).toBeGreaterThanOrEqual(1);
    expect(new Set(got)).toEqual(new Set(['access-1', 'access-2']));
  });

  it('A23: that is good still is used while the provider is down, and asked for seldom', async () => {
    await worker().accessToken(byClient(), { signal });
    await clock().advance('56 minutes');
    server.script = () => ({ status: 503 });
    for (let n = 0; n < 5; n += 1)
      expect(await worker(n).accessToken(byClient(), { signal })).toBe('access-1');
    expect(server.calls).toHaveLength(2);
    await clock().advance('31 seconds');
    expect(await worker().accessToken(byClient(), { signal })).toBe('access-1');
    expect(server.calls).toHaveLength(3);

    await clock().advance('5 minutes');
    await expect(worker().accessToken(byClient(), { signal })).rejects.toMatchObject({
      kind: 'transient',
    });
    server.script = grant;
    expect(await worker().accessToken(byClient(), { signal })).toBe('access-5');
  });

  it('A24: that a server refuses is replaced once, for all who hold it', async () => {
    const token = await worker().accessToken(byClient(), { signal });
    server.script = slowly(grant);
    const got = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        worker(n).accessToken(byClient(), { rejected: token, signal }),
      ),
    );
    expect(new Set(got)).toEqual(new Set(['access-2']));
    expect(server.calls).toHaveLength(2);
    // One that comes late with it makes no request either.
    expect(await worker().accessToken(byClient(), { rejected: token, signal })).toBe('access-2');
    expect(server.calls).toHaveLength(2);
  });

  it('A24: is not handed out any more from the moment it is known to be refused', async () => {
    const rejected = await worker().accessToken(byClient(), { signal });
    server.script = slowly(grant, 400);
    const [forced, other] = await Promise.all([
      worker().accessToken(byClient(), { rejected, signal }),
      new Promise((resolve) => setTimeout(resolve, 200)).then(() =>
        worker(1).accessToken(byClient(), { signal }),
      ),
    ]);
    expect([forced, other]).toEqual(['access-2', 'access-2']);
  });

  it('A24: that the provider gives again although it is refused ends the matter', async () => {
    server.script = () => ({
      body: { access_token: 'the-same', token_type: 'bearer', expires_in: 3600 },
    });
    const rejected = await worker().accessToken(byClient(), { signal });
    for (let n = 0; n < 3; n += 1)
      expect(await worker(n).accessToken(byClient(), { rejected, signal })).toBe('the-same');
    expect(server.calls).toHaveLength(2);
  });

  it('of other settings is another one, and nobody loses his own', async () => {
    expect(await worker().accessToken(byClient(), { signal })).toBe('access-1');
    const changed = account(oauth2For(server, 'client_credentials', { scope: 'other' }));
    expect(await worker().accessToken(changed, { signal })).toBe('access-2');
    expect(await worker().accessToken(byClient(), { signal })).toBe('access-1');
    // What merely proves who asks is no other settings.
    const rotated = account(oauth2For(server, 'client_credentials', { clientSecret: 'new' }));
    expect(await worker().accessToken(rotated, { signal })).toBe('access-1');
  });

  it('is sealed where it is kept', async () => {
    server.script = rotating();
    await worker().accessToken(byRefresh(), { signal });
    const [row] = await connections[0]!.db.selectFrom('oauth2_tokens').selectAll().execute();
    expect(row?.sealed?.toString('latin1')).not.toMatch(/access|refresh/);
    expect(vault.open('oauth2', row!.sealed!, 'environment').toString()).toContain('access-1');
  });

  it('is not wanted by an account that signs in otherwise', async () => {
    const other = account(oauth2For(server, 'client_credentials'), {
      auth: { ...byClient().auth, oauth2: undefined },
    });
    await expect(worker().accessToken(other, { signal })).rejects.toMatchObject({
      kind: 'settings',
    });
  });
});

describe('A26: a provider that replaces the refresh token', () => {
  it('is asked with the newest one, by whichever worker', async () => {
    server.script = rotating();
    const newest = () => server.calls.at(-1)?.params.get('refresh_token');
    expect(await worker().accessToken(byRefresh(), { signal })).toBe('access-1');
    expect(newest()).toBe('refresh-0');
    await clock().advance('2 hours');
    expect(await worker(1).accessToken(byRefresh(), { signal })).toBe('access-2');
    expect(newest()).toBe('refresh-1');
    await clock().advance('2 hours');
    expect(await worker().accessToken(byRefresh(), { signal })).toBe('access-3');
    expect(newest()).toBe('refresh-2');
  });

  it('has it stored before the access token is used', async () => {
    const { db } = connections[0]!;
    server.script = rotating();
    await sql`create function full_disk() returns trigger language plpgsql
      as $$ begin raise exception 'the disk is full'; end $$`.execute(db);
    await sql`create trigger full_disk before update of sealed on oauth2_tokens
      execute function full_disk()`.execute(db);
    try {
      const errors = alerts();
      const refused = worker().accessToken(byRefresh(), { signal });
      await expect(refused).rejects.toThrow('the disk is full');
      expect(JSON.stringify(errors)).toContain('The account will need consent');
      expect(JSON.stringify(errors)).not.toMatch(/refresh-\d|access-\d/);
    } finally {
      await sql`drop function full_disk cascade`.execute(db);
    }
  });

  it('has it stored in the end where the database fails for a moment', async () => {
    const { db } = connections[0]!;
    server.script = rotating();
    await sql`create function full_disk() returns trigger language plpgsql
      as $$ begin raise exception 'the disk is full'; end $$`.execute(db);
    await sql`create trigger full_disk before update of sealed on oauth2_tokens
      execute function full_disk()`.execute(db);
    const token = worker().accessToken(byRefresh(), { signal });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await sql`drop function full_disk cascade`.execute(db);
    expect(await token).toBe('access-1');
    await clock().advance('2 hours');
    expect(await worker().accessToken(byRefresh(), { signal })).toBe('access-2');
  });

  it('whose answer never came, for the process died: consent is needed, and an alert says so', async () => {
    const rotates = rotating();
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    server.script = async (...call) => {
      await rotates(...call);
      arrived();
      return undefined;
    };
    worker()
      .accessToken(byRefresh(), { signal })
      .catch(() => undefined);
    await asked;
    await clock().advance('20 seconds');

    server.script = rotates;
    const errors = alerts();
    for (let n = 0; n < 3; n += 1)
      await expect(worker(n).accessToken(byRefresh(), { signal })).rejects.toMatchObject({
        kind: 'consent',
        message: expect.stringContaining('invalid_grant: spent'),
      });
    expect(server.calls).toHaveLength(2);
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors)).toContain('needs consent');
    expect(JSON.stringify(errors)).not.toMatch(/refresh-\d|access-\d/);
    expect(await worker().states([byRefresh()])).toEqual(
      new Map([
        [
          'environment',
          { tokenExpiresAt: undefined, needsConsent: expect.stringContaining('invalid_grant') },
        ],
      ]),
    );
  });
});

describe('consent that comes while a worker asks with what was granted before', () => {
  const consent = () => {
    const key = { accountId: 'environment', fingerprint: fingerprintOf(byRefresh()) };
    const held = { accessToken: 'consented', refreshToken: 'refresh-consented' };
    return connections[0]!.db
      .transaction()
      .execute((tx) => writeTokens(tx, vault, key, held, { fresh: 3000, alive: 3600 }));
  };

  it('is kept, whatever the worker gets', async () => {
    const rotates = rotating();
    server.script = async (...call) => {
      await consent();
      return await rotates(...call);
    };
    expect(await worker().accessToken(byRefresh(), { signal })).toBe('consented');
    await clock().advance('2 hours');
    server.script = grant;
    await worker().accessToken(byRefresh(), { signal });
    expect(server.calls.at(-1)?.params.get('refresh_token')).toBe('refresh-consented');
  });

  it('is not called for again when the old refresh token is refused', async () => {
    const errors = alerts();
    server.script = async () => {
      await consent();
      return { status: 400, body: { error: 'invalid_grant' } };
    };
    await expect(worker().accessToken(byRefresh(), { signal })).rejects.toMatchObject({
      kind: 'consent',
    });
    expect(errors).toEqual([]);
    expect(await worker().accessToken(byRefresh(), { signal })).toBe('consented');
  });
});

describe('A23: invalid_grant', () => {
  it('is the last request until the settings change', async () => {
    server.script = ({ params }, number, response) =>
      params.get('refresh_token') === 'refresh-0'
        ? { status: 400, body: { error: 'invalid_grant' } }
        : grant({ params, headers: {} }, number, response);
    for (let n = 0; n < 3; n += 1)
      await expect(worker(n).accessToken(byRefresh(), { signal })).rejects.toMatchObject({
        kind: 'consent',
      });
    expect(server.calls).toHaveLength(1);
    const changed = account(oauth2For(server, 'refresh_token', { refreshToken: 'refresh-9' }));
    expect(await worker().accessToken(changed, { signal })).toBe('access-2');
    const { tokenExpiresAt, needsConsent } = (await worker().states([changed])).get('environment')!;
    expect(needsConsent).toBeUndefined();
    expect(tokenExpiresAt!.getTime() - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('F09: after a change of key without the old one the account begins anew', async () => {
    server.script = rotating();
    await worker().accessToken(byRefresh(), { signal });
    server.script = grant;
    const other = new Vault(randomBytes(32));
    expect(await worker(0, other).accessToken(byRefresh(), { signal })).toBe('access-2');
  });

  it('F09: what the key before sealed is sealed anew by `reseal`', async () => {
    const key = randomBytes(32);
    await worker().accessToken(byClient(), { signal });
    const before = new Vault(key);
    const both = new Vault(randomBytes(32), key);
    await connections[0]!.db.deleteFrom('oauth2_tokens').execute();
    expect(await worker(0, before).accessToken(byClient(), { signal })).toBe('access-2');
    const { db } = connections[0]!;
    expect(await new TokenStore(db, both).reseal()).toBe(1);
    expect(await new TokenStore(db, both).reseal()).toBe(0);
    expect(await worker(0, both).accessToken(byClient(), { signal })).toBe('access-2');
  });
});
