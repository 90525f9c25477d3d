import { type Act, drop, reply, replyText } from './smtp-script.js';

/** What a provider lets one client have. */
export interface ServerLimits {
  /** Connections at once; one more is told so instead of a greeting, and ended. */
  readonly connections?: number;
  /** Said to that one: 421 as most do, or 432 as Exchange Online. */
  readonly connectionReply?: 421 | 432;
  /** Mails accepted at MAIL within `ms`; one more is told 450 (or `code`). */
  readonly rate?: { readonly mails: number; readonly ms: number; readonly code?: 450 | 451 };
  /** Messages of one connection; at the next MAIL it is told 421 and ended. */
  readonly messagesPerConnection?: number;
}

/** Keeps count, and says what is refused. */
export class SmtpServerLimits {
  /** How often each limit was met. */
  readonly met = { connections: 0, rate: 0, messagesPerConnection: 0 };
  private readonly mails: number[] = [];

  constructor(
    private readonly limits: ServerLimits,
    private readonly talking: () => number,
  ) {}

  atGreeting(): Act | undefined {
    const { connections = Infinity, connectionReply = 421 } = this.limits;
    if (this.talking() <= connections) return undefined;
    this.met.connections += 1;
    return drop(replyText(connectionReply, '4.3.2 Concurrent connections limit exceeded'));
  }

  /** @param accepted messages of this connection so far */
  atMail(accepted: number): Act | undefined {
    const { rate, messagesPerConnection = Infinity } = this.limits;
    if (accepted >= messagesPerConnection) {
      this.met.messagesPerConnection += 1;
      return drop(replyText(421, '4.7.0 Too many messages on this connection'));
    }
    if (!rate) return undefined;
    const now = Date.now();
    while (this.mails[0] !== undefined && this.mails[0] <= now - rate.ms) this.mails.shift();
    if (this.mails.length >= rate.mails) {
      this.met.rate += 1;
      return reply(rate.code ?? 450, '4.7.0 Submission rate exceeded');
    }
    this.mails.push(now);
    return undefined;
  }
}
