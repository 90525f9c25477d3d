import type { Socket } from 'node:net';
import { presetOfHost, type SmtpSettings } from '#mailer-config';
import type { Reply } from '#smtp';
import type { CauseCode } from './causes.js';
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

/**
 * STARTTLS is not in the answer to EHLO: the server has none, or something takes the offer away.
 *
 * @param code of the reply to STARTTLS, which was said all the same; 0: there was none
 */
export function causeOfNoOffer(
  { host }: Pick<SmtpSettings, 'host'>,
  code: number,
): { readonly code: CauseCode; readonly confidence: 'certain' | 'likely' } {
  if (code === 220) return { code: 'STARTTLS_STRIPPED', confidence: 'certain' };
  const isKnown = presetOfHost(host)?.security === 'starttls';
  return code === 454 || isKnown
    ? { code: 'STARTTLS_STRIPPED', confidence: 'likely' }
    : { code: 'STARTTLS_NOT_OFFERED', confidence: 'certain' };
}
