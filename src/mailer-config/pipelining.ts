/** How mails share a connection, the fastest way first. Closed list. */
export const RUNGS = [
  /** BDAT (RFC 3030): several mails under way, none waits for the reply to another. */
  'chunking',
  /** MAIL, RCPT and DATA in one write (RFC 2920), right behind the final dot of the mail before. */
  'pipelining',
  /** The same, once the mail before is answered: two round trips a mail. */
  'grouped',
  /** Each command waits for the reply to the one before it (RFC 5321). */
  'in-turn',
] as const;
export type Rung = (typeof RUNGS)[number];
