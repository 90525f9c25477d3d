import { z } from 'zod';
import { emailAddressSchema } from '#address';
import { pageQuery, pageSchema } from '#http';
import { messageKindNames } from '#mail';
import { type MailView, mailStatuses, type TimelineEntry } from '#outbox';

const time = z.iso.datetime();

export const mailSchema = z.object({
  id: z.uuid(),
  kind: z.string(),
  to: z.string(),
  locale: z.string(),
  status: z
    .enum(mailStatuses)
    .describe('`sent`: accepted by the server, which is all SMTP can say'),
  attempts: z.number().int(),
  account: z.string().nullable(),
  createdAt: time,
  nextAttemptAt: time.nullable(),
  sentAt: time.nullable(),
  expiresAt: time.describe('When the code or link in it dies; it is not sent after that'),
  lastError: z.string().nullable(),
});

export const timelineEntrySchema = z.object({
  at: time,
  account: z.string().nullable(),
  stage: z.string(),
  outcome: z.enum(['accepted', 'deferred', 'rejected', 'unknown', 'account-failed']),
  replyCode: z.number().int().nullable(),
  enhancedCode: z.string().nullable(),
  reply: z.string().nullable(),
  code: z
    .string()
    .nullable()
    .describe('What the doctor calls it; `gatepost doctor explain CODE` says more'),
  sentence: z.string().nullable().describe('What went wrong and what to do next'),
  durationMs: z.number().int(),
  transcript: z.array(z.string()),
});

export const mailWithTimelineSchema = mailSchema.extend({
  messageId: z.string(),
  timeline: z.array(timelineEntrySchema),
});

export const mailPageSchema = pageSchema(mailSchema);

export const mailQuerySchema = z.strictObject({
  ...pageQuery,
  status: z.enum(mailStatuses).optional(),
  kind: z.enum(messageKindNames).optional(),
  to: emailAddressSchema.optional(),
});

export type MailQuery = z.infer<typeof mailQuerySchema>;
export type MailBody = z.infer<typeof mailSchema>;
export type MailWithTimelineBody = z.infer<typeof mailWithTimelineSchema>;

export function mailBody(mail: MailView): MailBody {
  const { messageId: _, createdAt, nextAttemptAt, sentAt, expiresAt, ...rest } = mail;
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    sentAt: sentAt?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
  };
}

export function mailWithTimelineBody(
  mail: MailView,
  timeline: TimelineEntry[],
): MailWithTimelineBody {
  return {
    ...mailBody(mail),
    messageId: mail.messageId,
    timeline: timeline.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
  };
}
