import { randomNumbers } from '../../test/harness/random.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  type Act,
  delay,
  drop,
  garbage,
  reply,
  reset,
  startSmtpServer,
  truncated,
} from '../../test/harness/smtp-server.js';
import { SmtpSender } from './smtp-sender.service.js';

const FAULTS: readonly Act[] = [
  drop(),
  reset(),
  truncated(),
  garbage('what?\r\n'),
  reply(421, '4.3.2 closing'),
  reply(451, '4.3.0 later'),
  reply(550, '5.1.1 no'),
  delay(3),
];

it.each(['none', 'starttls'] as const)(
  'A09, A46: among faults at every stage each verdict is true (TLS: %s)',
  async (tls) => {
    const random = randomNumbers(4711);
    const sometimes = (): Act | undefined =>
      random() < 0.06 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
    const stages = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'dot', 'quit'];
    const script = {
      ...Object.fromEntries(stages.map((stage) => [stage, sometimes])),
      body: () => (random() < 0.02 ? drop() : undefined),
    };
    await using server = await startSmtpServer({ tls, script });
    const sender = new SmtpSender();
    const timeouts = { connect: 5_000, greeting: 5_000, command: 5_000, data: 5_000 };
    const account = accountFor(server, { maxConnections: 8, timeouts });

    const wrong: unknown[] = [];
    const seen = new Set<string>();
    const attempts = Array.from({ length: 600 }, async (_, n) => {
      const messageId = `<${n}@app.example.com>`;
      const { outcome, stage } = await sender.send(account, outgoing({ messageId }));
      seen.add(outcome);
      const copies = server.messages.filter(
        ({ accepted, raw }) => accepted && raw.includes(`Message-ID: ${messageId}\r\n`),
      ).length;
      const most = outcome === 'accepted' || outcome === 'unknown' ? 1 : 0;
      const least = outcome === 'accepted' ? 1 : 0;
      if (copies < least || copies > most) wrong.push({ messageId, outcome, stage, copies });
    });
    await Promise.all(attempts);
    await sender.close();
    expect(wrong).toEqual([]);
    expect([...seen].toSorted()).toEqual([
      'accepted',
      'account-failed',
      'deferred',
      'rejected',
      'unknown',
    ]);
  },
);
