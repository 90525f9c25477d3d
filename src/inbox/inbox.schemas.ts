import { z } from 'zod';
import { type Page, pageQuery, pageSchema } from '#http';

export const inboxItemSchema = z
  .object({
    id: z.uuid(),
    from: z.string().describe('As the From header says it: `Name <address>`, or the address'),
    to: z.string().describe('The recipients on the wire (RCPT TO), joined by a comma and a space'),
    subject: z.string(),
    receivedAt: z.iso
      .datetime()
      .describe('ISO 8601, UTC; no two mails have the same time, so that it can be `since`'),
    text: z.string().describe('The text part; empty without one'),
    html: z.string().nullable().describe('The HTML part, not made safe: show it in a sandbox'),
    headers: z
      .record(z.string(), z.string())
      .describe('Names in lower case; the values of a repeated one are joined by a line feed'),
    code: z.string().nullable().describe('The six digits of a mail that brings a code'),
    links: z.array(z.string()).describe('http(s) links: those of the HTML part, then of the text'),
  })
  .meta({ id: 'InboxItem' });

/** A mail of the built-in inbox. */
export type InboxItem = z.infer<typeof inboxItemSchema>;

export const inboxPageSchema = pageSchema(inboxItemSchema);

/** Newest first. */
export type InboxPage = Page<InboxItem>;

const recipient = z.string().trim().min(1).max(320);

export const inboxQuerySchema = z.strictObject({
  ...pageQuery,
  cursor: pageQuery.cursor.refine((cursor = '0') => /^\d{1,15}$/.test(cursor), {
    message: 'Take the nextCursor of the page before.',
  }),
  to: recipient.optional().describe('Only recipients that contain this, in any case'),
});

export type InboxQuery = z.infer<typeof inboxQuerySchema>;

export const inboxWaitSchema = z.strictObject({
  to: recipient.optional().describe('One recipient, in any case; without it every mail matches'),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'Answer the first mail received after this time; without it the newest that is there counts',
    ),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).default(30_000),
});

export type InboxWait = z.infer<typeof inboxWaitSchema>;

export const inboxIdSchema = z.uuid('Take the id of a mail in GET /dev/inbox.');

/** What the event stream says of a new mail. */
export type InboxArrival = Omit<InboxItem, 'text' | 'html' | 'headers'>;
