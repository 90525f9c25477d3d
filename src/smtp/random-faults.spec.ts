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

it.each([
  ['none', 'PIPELINING'],
  ['none', 'CHUNKING'],
  ['starttls', 'CHUNKING'],
] as const)(
  'A09, A46: among faults at every stage each verdict is true (TLS: %s, %s)',
  async (tls, extension) => {
    const random = randomNumbers(4711);
    const sometimes = (): Act | undefined =>
      random() < 0.06 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
    const stages = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'bdat', 'dot', 'rset', 'quit'];
    const script = {
      ...Object.fromEntries(stages.map((stage) => [stage, sometimes])),
      body: () => (random() < 0.02 ? drop() : undefined),
    };
    const extensions = ['PIPELINING', extension, 'SIZE 10485760'];
    await using server = await startSmtpServer({ tls, script, extensions });
    const timeouts = { connect: 5_000, greeting: 5_000, command: 5_000, data: 5_000 };
    const account = accountFor(server, { maxConnections: 4, timeouts });

    const wrong: unknown[] = [];
    const seen = new Set<string>();
    const by = new Set<string>();
    const attempt = async (sender: SmtpSender, n: number): Promise<void> => {
      const messageId = `<${n}@app.example.com>`;
      const { outcome, stage } = await sender.send(account, outgoing({ messageId }));
      seen.add(outcome);
      const arrived = server.messages.filter(
        ({ accepted, raw }) => accepted && raw.includes(`Message-ID: ${messageId}\r\n`),
      );
      for (const message of arrived) by.add(message.by);
      const copies = arrived.length;
      const most = outcome === 'accepted' || outcome === 'unknown' ? 1 : 0;
      const least = outcome === 'accepted' ? 1 : 0;
      if (copies < least || copies > most) wrong.push({ messageId, outcome, stage, copies });
    };
    // One sender would soon be on the lowest rung, and stay there.
    for (let round = 0; round < 15; round += 1) {
      const sender = new SmtpSender();
      const mails = Array.from({ length: 40 }, (_, n) => attempt(sender, round * 40 + n));
      await Promise.all(mails);
      await sender.close();
    }
    expect(wrong).toEqual([]);
    expect([...seen].toSorted()).toEqual([
      'accepted',
      'account-failed',
      'deferred',
      'rejected',
      'unknown',
    ]);
    expect(by.has('bdat')).toBe(extension === 'CHUNKING');
  },
);
