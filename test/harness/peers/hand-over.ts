import type { SmtpSettings } from '#mailer-config';
import { composeMessage, type OutgoingMessage, type SmtpSender, type Verdict } from '#smtp';
import { randomUUID } from 'node:crypto';
import { outgoing } from '../smtp-message.js';
import type { ReceivedMessage, SmtpServer } from '../smtp-server.js';

/** What is needed to say why a mail did not come. */
interface Peer {
  readonly log: string;
}

/**
 * Sends a mail by this account, and waits for it where the server hands it on.
 *
 * @returns the mail as it arrived, octet by octet what was sent below the lines of the servers
 * @throws with the transcript and the server's log when it was not taken, or not handed on whole
 */
export async function handOver(
  sender: SmtpSender,
  account: SmtpSettings,
  { peer, sink }: { readonly peer: Peer; readonly sink: SmtpServer },
  overrides: Partial<OutgoingMessage> = {},
): Promise<{ verdict: Verdict; received: ReceivedMessage; trace: string }> {
  const messageId = `<${randomUUID()}@app.example.com>`;
  const message = composeMessage(account, outgoing({ messageId, ...overrides }));
  const before = new Set(peer.log.split('\n'));
  const verdict = await sender.handOver(account, message);
  const explain = (what: string): Error => {
    const logged = peer.log.split('\n').filter((line) => !before.has(line));
    return new Error([what, verdict.sentence, ...verdict.transcript, ...logged].join('\n'));
  };
  if (verdict.outcome !== 'accepted') throw explain(`The mail was ${verdict.outcome}.`);
  const received = await sink
    .waitForMessage(({ raw }) => raw.includes(messageId))
    .catch((error: Error) => {
      throw explain(error.message);
    });
  const start = received.raw.length - message.raw.length;
  if (!received.raw.subarray(start).equals(message.raw))
    throw explain(`The mail was changed on its way:\n${received.raw.toString()}`);
  return { verdict, received, trace: received.raw.subarray(0, start).toString() };
}
