import { readdirSync } from 'node:fs';
import { DATABASE, type Db } from '#database';
import { MailService } from '#mail';
import { accountedFor } from '../harness/accounted.js';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { queueMails } from '../harness/mails.js';
import { randomNumbers } from '../harness/random.js';
import {
  delay,
  drop,
  reply,
  type SmtpServer,
  type SmtpServerOptions,
  sometimes,
  startSmtpServer,
} from '../harness/smtp-server.js';

// Who waits for whom, and what a provider's limits leave of a queue.

async function start(options: SmtpServerOptions = {}, env: Record<string, string> = {}) {
  const server = await startSmtpServer(options);
  const app = await startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_SENDER: 'Acme <no-reply@acme.example>',
    ...env,
  });
  return { server, app };
}

async function end({ server, app }: { server: SmtpServer; app: TestApp }): Promise<void> {
  await app.close();
  await server.close();
}

/** Commits mails of both classes, each to an address of its own. */
async function queueClasses(app: TestApp, invitations: number, resets: number, prefix = '') {
  const { app: nest } = app.server;
  const mail = nest.get(MailService, { strict: false });
  const db = nest.get<Db>(DATABASE, { strict: false });
  const expiresAt = new Date(Date.now() + 3_600_000);
  const common = { locale: 'en', token: 'x'.repeat(43), expiresAt };
  await db.transaction().execute(async (tx) => {
    for (let i = 0; i < invitations; i += 1)
      await mail.sendInvitation(tx, {
        ...common,
        to: `${prefix}bulk${i}@example.com`,
        role: 'member',
        name: undefined,
      });
    for (let i = 0; i < resets; i += 1)
      await mail.sendPasswordReset(tx, { ...common, to: `${prefix}urgent${i}@example.com` });
  });
}

const order = ({ messages }: SmtpServer) => messages.map(({ rcpts }) => rcpts[0] ?? '');

/** A server that lets nothing past MAIL until it is told to. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOpen = false;
  return {
    script: {
      mail: () =>
        isOpen
          ? undefined
          : { act: 'then' as const, first: delay(0, undefined), hook: () => promise },
    },
    open: () => {
      isOpen = true;
      resolve();
    },
  };
}

describe('what a person waits for', () => {
  it('G07, A42: overtakes hundreds of invitations, and those come out in their order', async () => {
    const { script, open } = gate();
    const both = await start({ script }, { SMTP_MAX_CONNECTIONS: '1' });
    const { server, app } = both;
    try {
      // One at a time, for those of one commit are of the same age.
      for (let i = 0; i < 4; i += 1) await queueClasses(app, 75, 0, `batch${i}-`);
      await eventually(
        () => server.commands.some((line) => line.startsWith('MAIL')),
        (isThere) => isThere,
      );
      await queueClasses(app, 0, 1);
      open();
      await accountedFor(app, server);
      const arrived = order(server);
      expect(arrived).toHaveLength(301);
      // What was in hand already goes first; it is not the queue.
      expect(arrived.indexOf('urgent0@example.com')).toBeLessThan(100);
      const batches = arrived.flatMap((to) => /^batch(\d)/.exec(to)?.[1] ?? []).map(Number);
      const firsts = [0, 1, 2, 3].map((batch) => batches.indexOf(batch));
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
    } finally {
      await end(both);
    }
  }, 90_000);

  it('G07, A42: and a flood of it does not starve an invitation', async () => {
    const { script, open } = gate();
    const both = await start({ script }, { SMTP_MAX_CONNECTIONS: '1' });
    const { server, app } = both;
    try {
      await queueClasses(app, 0, 300);
      await eventually(
        () => server.commands.some((line) => line.startsWith('MAIL')),
        (isThere) => isThere,
      );
      await queueClasses(app, 1, 0);
      open();
      await accountedFor(app, server);
      expect(order(server)).toHaveLength(301);
      expect(order(server).indexOf('bulk0@example.com')).toBeLessThan(200);
    } finally {
      await end(both);
    }
  }, 90_000);
});

it.each([
  ['one a connection', []],
  ['several a connection', ['PIPELINING', 'CHUNKING', '8BITMIME']],
])(
  'G08, A15: a slow domain of recipients holds up nobody else, %s',
  async (_name, extensions) => {
    const { script, open } = gate();
    const both = await start({
      extensions,
      script: { rcpt: ({ line }) => (line.includes('@slow.') ? script.mail() : undefined) },
    });
    const { server, app } = both;
    try {
      const { app: nest } = app.server;
      const mail = nest.get(MailService, { strict: false });
      // Twice as many as there are connections.
      await app.db.transaction().execute(async (tx) => {
        for (let i = 0; i < 10; i += 1)
          await mail.sendTest(tx, { to: `person${i}@slow.example.com`, locale: 'en' });
      });
      await eventually(
        () => server.commands.filter((line) => line.includes('@slow.')).length,
        (count) => count >= 4,
      );
      const people = await queueMails(app, 40);
      const arrived = await eventually(
        () => order(server),
        (all) => all.length >= people.length,
        30_000,
      );
      expect(arrived.toSorted()).toEqual(people.toSorted());
      open();
      await accountedFor(app, server);
      expect(server.messages).toHaveLength(50);
      expect(server.peak).toBeLessThanOrEqual(5);
    } finally {
      open();
      await end(both);
    }
  },
  90_000,
);

describe('the limits of a provider', () => {
  it('G10: are kept when hundreds are due at once after an outage', async () => {
    const both = await start(
      { limits: { connections: 3 }, script: { greeting: drop() } },
      { SMTP_MAX_CONNECTIONS: '3' },
    );
    const { server, app } = both;
    try {
      await queueMails(app, 300);
      await eventually(
        () => server.connections.length,
        (count) => count >= 3,
      );
      server.script = {};
      await accountedFor(app, server);
      expect(server.messages).toHaveLength(300);
      expect(server.limits.met.connections).toBe(0);
      expect(server.peak).toBeLessThanOrEqual(3);
    } finally {
      await end(both);
    }
  }, 90_000);

  it('G06: what the settings say of a minute is what the server sees', async () => {
    const both = await start(
      { limits: { rate: { mails: 7, ms: 60_000 } } },
      { SMTP_MAX_PER_MINUTE: '7' },
    );
    const { server, app } = both;
    try {
      await queueMails(app, 20);
      await eventually(
        () => server.messages.length,
        (count) => count === 7,
      );
      // Others would come now, if they came at all.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(server.messages).toHaveLength(7);
      expect(server.limits.met.rate).toBe(0);
    } finally {
      await end(both);
    }
  }, 60_000);

  it('G06: a server with a stricter limit than the settings gets all of them, later', async () => {
    const both = await start({ limits: { rate: { mails: 5, ms: 4_000, code: 451 } } });
    const { server, app } = both;
    try {
      await queueMails(app, 12);
      const { ended, duplicates } = await accountedFor(app, server, undefined, 90_000);
      expect(ended).toEqual({ sent: 12 });
      expect(duplicates).toEqual({ unknown: 0, killed: 0 });
      expect(server.limits.met.rate).toBeGreaterThan(0);
    } finally {
      await end(both);
    }
  }, 120_000);

  it('A18: 421 after so many messages of a connection costs none and doubles none', async () => {
    const both = await start({ limits: { messagesPerConnection: 7 } });
    const { server, app } = both;
    try {
      await queueMails(app, 60);
      const { ended, duplicates } = await accountedFor(app, server);
      expect(ended).toEqual({ sent: 60 });
      expect(duplicates).toEqual({ unknown: 0, killed: 0 });
      expect(server.messages).toHaveLength(60);
    } finally {
      await end(both);
    }
  }, 90_000);
});

describe('a long run', () => {
  /** What would grow if something were left behind with each mail. */
  const held = () => {
    const names = Map.groupBy(process.getActiveResourcesInfo(), (name) => name);
    const count = (name: string) => names.get(name)?.length ?? 0;
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      timers: count('Timeout'),
      sockets: count('TCPSocketWrap') + count('TLSWrap'),
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    };
  };

  it('G13: leaves no descriptor, timer, socket or listener behind, among 1 % of faults', async () => {
    const random = randomNumbers(1313);
    const fault = sometimes(random, 0.01, [drop(), reply(451, '4.3.0 later'), delay(20)]);
    const both = await start({ script: { mail: fault, rcpt: fault, data: fault, dot: fault } });
    const { server, app } = both;
    const warnings: string[] = [];
    const listen = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
    process.on('warning', listen);
    try {
      const after: ReturnType<typeof held>[] = [];
      for (let batch = 0; batch < 4; batch += 1) {
        await queueMails(app, 250, `batch${batch}-`);
        await accountedFor(app, server, undefined, 90_000);
        server.dropConnections();
        await eventually(
          () => server.openConnections,
          (count) => count === 0,
        );
        after.push(held());
      }
      const [, second, , last] = after;
      for (const what of ['descriptors', 'timers', 'sockets', 'listeners'] as const)
        expect([what, (last?.[what] ?? 0) - (second?.[what] ?? 0) <= 5]).toEqual([what, true]);
      expect(warnings.filter((line) => line.includes('MaxListeners'))).toEqual([]);
    } finally {
      process.off('warning', listen);
      await end(both);
    }
  }, 240_000);
});
