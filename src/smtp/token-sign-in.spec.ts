import type { AccessTokenSource } from './access-token.js';
import { NoAccessToken } from './access-token.js';
import { SmtpSender } from './smtp-sender.service.js';
import { startProxy } from '../../test/harness/proxies.js';
import { accountFor, bearerSettings } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  drop,
  reply,
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
} from '../../test/harness/smtp-server.js';

const USER = 'robot@example.com';
const UNHURRIED = { connect: 5_000, greeting: 5_000, command: 5_000, data: 5_000 };
const METHODS = ['OAUTHBEARER', 'XOAUTH2'] as const;

/** Hands out one token after the other, and notes what it is asked. */
class Tokens implements AccessTokenSource {
  readonly rejected: (string | undefined)[] = [];
  readonly #left: string[];

  constructor(...tokens: string[]) {
    this.#left = tokens;
  }

  async accessToken(
    _account: unknown,
    { rejected }: { readonly rejected?: string | undefined },
  ): Promise<string> {
    this.rejected.push(rejected);
    const token = this.#left.shift();
    if (token === undefined) throw new NoAccessToken('consent', 'Please consent again at /here.');
    return token;
  }
}

type Overrides = NonNullable<Parameters<typeof accountFor>[1]>;

const bearer = (server: SmtpServer, { auth, timeouts, ...rest }: Overrides = {}) =>
  accountFor(server, {
    ...rest,
    auth: { password: undefined, oauth2: bearerSettings, ...auth },
    timeouts: { ...UNHURRIED, ...timeouts },
  });

async function startBearerServer(
  good: readonly string[],
  auth: Partial<SmtpServerOptions['auth']> = {},
  rest: SmtpServerOptions = {},
): Promise<SmtpServer> {
  const tokens = new Set(good);
  const methods = ['PLAIN', 'LOGIN', ...METHODS];
  return await startSmtpServer({
    tls: 'starttls',
    auth: { user: USER, pass: 'canary-password', methods, tokens, ...auth },
    ...rest,
  });
}

async function send(tokens: AccessTokenSource, account: ReturnType<typeof bearer>, times = 1) {
  const sender = new SmtpSender(tokens);
  try {
    for (let n = 1; n < times; n += 1) await sender.send(account, outgoing());
    return await sender.send(account, outgoing());
  } finally {
    await sender.close();
  }
}

const secret = (name: string, length = 40): string =>
  `canary.${name}`.padEnd(length, 'abcdefghij0123456789');

describe.each(METHODS)('%s', (method) => {
  const pinned = method.toLowerCase() as Lowercase<typeof method>;

  it.each([
    ['short', 'in the command', 40, /^AUTH \w+ \S+$/],
    // as long as Microsoft's; RFC 4954 section 4 then has the command alone
    ['long', 'when asked for', 2_500, /^AUTH \w+$/],
  ])('signs in with a %s token, sent %s', async (_length, _how, length, command) => {
    const token = secret('good', length);
    await using server = await startBearerServer([token]);
    const verdict = await send(new Tokens(token), bearer(server, { auth: { method: pinned } }));
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]?.user).toBe(USER);
    expect(server.commands.find((line) => line.startsWith(`AUTH ${method}`))).toMatch(command);
    expect(JSON.stringify(verdict)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it('names a mailbox with a comma and an equals sign', async () => {
    const user = 'a=b,c@example.com';
    await using server = await startBearerServer(['good'], { user });
    const account = bearer(server, { auth: { method: pinned } });
    expect((await send(new Tokens('good'), account)).outcome).toBe('accepted');
    expect(server.messages[0]?.user).toBe(user);
  });

  it.each([
    ['after its reason in JSON', false],
    ['at once', true],
  ])('A24: a token refused %s is exchanged, once', async (_how, curt) => {
    await using server = await startBearerServer([secret('new')], { curt });
    const tokens = new Tokens(secret('old'), secret('new'), secret('third'));
    const verdict = await send(tokens, bearer(server, { auth: { method: pinned } }));
    expect(verdict.outcome).toBe('accepted');
    expect(tokens.rejected).toEqual([undefined, secret('old')]);
    expect(server.connections.length).toBe(2);
    const answer = method === 'XOAUTH2' ? '' : 'AQ==';
    expect(server.commands.includes(answer)).toBe(!curt);
    expect(verdict.transcript.includes('S: 334 {"status":"401","schemes":"bearer"}')).toBe(!curt);
    expect(JSON.stringify(verdict)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it('A24: a second refusal is the last', async () => {
    await using server = await startBearerServer([]);
    const tokens = new Tokens(secret('old'), secret('new'), secret('third'));
    const verdict = await send(tokens, bearer(server, { auth: { method: pinned } }));
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', replyCode: 535 });
    expect(verdict.sentence).toMatch(
      /refused the access token for robot@example\.com, and a fresh one too \(535 .*SMTP AUTH is switched on.*SMTP_OAUTH2_SCOPE/,
    );
    expect(tokens.rejected.length).toBe(2);
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(2);
    expect(JSON.stringify(verdict)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it('F17: is not replaced by a password when it is not offered', async () => {
    await using server = await startBearerServer(['good'], { methods: ['PLAIN', 'LOGIN'] });
    const tokens = new Tokens('good');
    const account = bearer(server, { auth: { method: pinned, password: 'canary-password' } });
    const verdict = await send(tokens, account);
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
    expect(verdict.sentence).toContain(
      `SMTP_AUTH_METHOD=${pinned} is not among the ways to sign in that the server offers (PLAIN, LOGIN)`,
    );
    expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
    expect(tokens.rejected).toEqual([]);
  });
});

it('takes OAUTHBEARER of both, and asks for a token only where a connection is opened', async () => {
  await using server = await startBearerServer(['good']);
  const tokens = new Tokens('good');
  expect((await send(tokens, bearer(server), 3)).outcome).toBe('accepted');
  expect(server.messages.length).toBe(3);
  expect(tokens.rejected.length).toBe(1);
  expect(server.commands.filter((line) => line.startsWith('AUTH OAUTHBEARER'))).toHaveLength(1);
});

it('lives on when the token has expired meanwhile', async () => {
  const good = new Set(['good']);
  await using server = await startBearerServer([], { tokens: good });
  const sender = new SmtpSender(new Tokens('good'));
  const account = bearer(server);
  await sender.send(account, outgoing());
  good.clear();
  expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
  await sender.close();
});

it('says where a token is wanted and none is to be had', async () => {
  await using server = await startBearerServer(['good']);
  const verdict = await send(new Tokens(), bearer(server));
  expect(verdict).toMatchObject({
    outcome: 'account-failed',
    stage: 'oauth2',
    replyCode: undefined,
    sentence: 'Please consent again at /here.',
  });
  expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
});

it('says so where the second token is not to be had', async () => {
  await using server = await startBearerServer([]);
  const tokens = new Tokens('old');
  expect(await send(tokens, bearer(server))).toMatchObject({ stage: 'oauth2' });
  expect(tokens.rejected).toEqual([undefined, 'old']);
});

it('A23: does not wait for a token for ever, and tells who asks for it', async () => {
  await using server = await startBearerServer(['good']);
  let ended: AbortSignal | undefined;
  const slow: AccessTokenSource = {
    accessToken: async (_account, { signal }) => {
      ended = signal;
      return await new Promise(() => {});
    },
  };
  const verdict = await send(slow, bearer(server, { timeouts: { command: 100 } }));
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'oauth2' });
  expect(verdict.sentence).toMatch(/token endpoint did not give an access token within 0\.1 s/);
  expect(ended?.aborted).toBe(true);
});

it('notices a server that hangs up while a token is fetched', async () => {
  await using server = await startBearerServer(['good']);
  const slow: AccessTokenSource = {
    accessToken: async () => {
      server.dropConnections();
      return await new Promise(() => {});
    },
  };
  const verdict = await send(slow, bearer(server));
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'oauth2' });
  expect(verdict.sentence).toMatch(/ended while an access token was fetched/);
});

it('rejects for a fault of our own, and leaves no connection behind', async () => {
  await using server = await startBearerServer(['good']);
  const broken: AccessTokenSource = {
    accessToken: async () => await Promise.reject(new TypeError('a bug')),
  };
  await expect(send(broken, bearer(server))).rejects.toThrow('a bug');
  const sender = new SmtpSender();
  await expect(sender.send(bearer(server), outgoing())).rejects.toThrow(/ACCESS_TOKENS/);
  await sender.close();
  expect(server.messages).toEqual([]);
});

it.each([
  ['A22: only for now', reply(454, '4.7.0 later'), { replyCode: 454 }, /at the moment/],
  [
    'by switching SMTP AUTH off',
    reply(535, '5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled'),
    { replyCode: 535, enhancedCode: '5.7.139' },
    /is switched off for the mailbox or the whole organisation/,
  ],
  [
    'the method itself',
    reply(504, '5.5.4 unrecognized authentication type'),
    { replyCode: 504 },
    /refused the access token for robot@example\.com \(504 /,
  ],
  ['by hanging up', drop(), { replyCode: undefined }, /ended during the sign-in/],
])('tells what it is when a server refuses %s', async (_name, auth, expected, sentence) => {
  await using server = await startBearerServer(
    ['good', 'new'],
    {},
    {
      tls: 'starttls',
      script: { auth },
    },
  );
  const verdict = await send(new Tokens('good', 'new'), bearer(server));
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth', ...expected });
  expect(verdict.sentence).toMatch(sentence);
});

it('A24: understands a refusal of several lines', async () => {
  const google = ['5.7.8 Username and Password not accepted.', '5.7.8 https://support.google.com'];
  await using server = await startBearerServer(
    ['new'],
    { curt: true },
    {
      script: { auth: ({ connection }) => (connection === 1 ? reply(535, google) : undefined) },
    },
  );
  const tokens = new Tokens('old', 'new');
  expect((await send(tokens, bearer(server))).outcome).toBe('accepted');
  expect(tokens.rejected).toEqual([undefined, 'old']);
});

it('F27: repeats no token that a server echoes, whole, in part or encoded', async () => {
  const token = secret('good', 300);
  const xoauth2 = Buffer.from(`user=${USER}\x01auth=Bearer ${token}\x01\x01`).toString('base64');
  const echoes = [token, token.slice(0, 60), encodeURIComponent(token), xoauth2, xoauth2.slice(80)];
  for (const stage of ['auth', 'mail', 'rcpt', 'data', 'dot'] as const)
    for (const echo of echoes) {
      await using server = await startBearerServer(
        [token],
        {},
        {
          tls: 'starttls',
          // the second mail has the first one's connection, and its token
          script: {
            [stage]: () =>
              server.messages.length > 0 || stage === 'auth'
                ? reply(535, `5.7.8 ${echo}`)
                : undefined,
          },
        },
      );
      const verdict = await send(
        new Tokens(token, token),
        bearer(server),
        stage === 'auth' ? 1 : 2,
      );
      expect(verdict).toMatchObject({ stage, replyCode: 535, reply: '535 5.7.8 ***' });
      expect(JSON.stringify(verdict)).not.toMatch(/canary|0123456789/);
    }
});

describe('a token is a credential', () => {
  it('F11: and goes nowhere when STARTTLS is taken away', async () => {
    await using server = await startBearerServer(['good'], {}, { tls: 'none' });
    const tokens = new Tokens('good');
    const account = bearer(server, { security: 'starttls', requireTls: true });
    expect(await send(tokens, account)).toMatchObject({ outcome: 'account-failed', stage: 'tls' });
    expect(tokens.rejected).toEqual([]);
    expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
  });

  it('that may be sent in clear text on loopback', async () => {
    await using server = await startBearerServer(['good'], {}, { tls: 'none' });
    expect((await send(new Tokens('good'), bearer(server))).outcome).toBe('accepted');
  });

  it('and not off loopback, whatever the settings allow: a proxy leads away from here', async () => {
    await using server = await startBearerServer(['good'], {}, { tls: 'none' });
    await using proxy = await startProxy('http');
    const tokens = new Tokens('good');
    const verdict = await send(
      tokens,
      bearer(server, { proxy: proxy.settings, host: '127.0.0.1', requireTls: false }),
    );
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
    expect(verdict.sentence).toMatch(/never sent in clear text.*SMTP_TLS=true/);
    expect(tokens.rejected).toEqual([]);
    expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
  });
});
