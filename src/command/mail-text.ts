import type { MailView, TimelineEntry } from '#outbox';

const COLUMNS = ['ID', 'STATUS', 'KIND', 'TO', 'TRIES', 'CREATED'] as const;

const cells = (mail: MailView): string[] => [
  mail.id,
  mail.status,
  mail.kind,
  mail.to,
  String(mail.attempts),
  mail.createdAt.toISOString(),
];

/** One line a mail, in columns. */
export function mailTable(mails: readonly MailView[]): string {
  if (mails.length === 0) return 'No mails.';
  const rows = [[...COLUMNS], ...mails.map(cells)];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const mailLine = (mail: MailView): string => cells(mail).join('  ');

/** A mail and all that happened to it. */
export function mailWithTimeline(mail: MailView, timeline: readonly TimelineEntry[]): string {
  const facts: [string, string | undefined][] = [
    ['Mail', `${mail.id} (${mail.kind}, ${mail.locale})`],
    ['To', mail.to],
    ['Message-ID', mail.messageId],
    ['Status', mail.status],
    ['Created', mail.createdAt.toISOString()],
    ['Sent', mail.sentAt?.toISOString()],
    ['Next try', mail.nextAttemptAt?.toISOString()],
    ['Expires', mail.expiresAt.toISOString()],
    ['Last error', mail.lastError ?? undefined],
  ];
  return [
    ...facts.flatMap(([name, value]) => (value ? [`${`${name}:`.padEnd(12)}${value}`] : [])),
    '',
    ...(timeline.length > 0 ? timeline.map(entryText) : ['No try yet.']),
  ].join('\n');
}

function entryText(entry: TimelineEntry): string {
  const reply = [entry.replyCode, entry.enhancedCode, entry.reply].filter((part) => part !== null);
  const head = [
    entry.at.toISOString(),
    entry.outcome,
    `at ${entry.stage}`,
    entry.account && `by ${entry.account}`,
    `in ${entry.durationMs} ms`,
  ];
  return [
    head.filter(Boolean).join(' '),
    ...(reply.length > 0 ? [`  ${reply.join(' ')}`] : []),
    ...(entry.code ? [`  ${entry.code}: gatepost doctor explain ${entry.code}`] : []),
    ...entry.transcript.map((line) => `  ${line}`),
  ].join('\n');
}
