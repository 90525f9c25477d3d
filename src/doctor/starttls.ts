import type { Socket } from 'node:net';
import type { Reply } from '#smtp';
import { sayEhlo } from './dialogue.js';
import type { Examination } from './examination.js';
import { Wire } from './wire.js';

/**
 * Brings a fresh connection to where TLS begins, and says nothing of what it meets on the way.
 * @returns whether the next octet is TLS
 */
export async function beginTls(examination: Examination, socket: Socket): Promise<boolean> {
  const { plan, limits } = examination;
  const wire = new Wire(socket, examination.aside);
  const is = (reply: Reply | undefined, code: number): boolean => reply?.code === code;
  const greeting = await wire.next(examination.within(limits.greeting));
  if (greeting.kind !== 'reply' || !is(greeting.reply, 220)) return false;
  const ehlo = await sayEhlo(wire, plan.ehloName, examination.within(limits.ehlo));
  if (ehlo.kind !== 'reply') return false;
  const answer = await wire.ask('STARTTLS', examination.within(limits.ehlo));
  if (answer.kind !== 'reply' || !is(answer.reply, 220) || wire.hasMore) return false;
  wire.release();
  return true;
}
