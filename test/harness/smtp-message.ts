import type { OutgoingMessage } from '#smtp';

/** A rendered mail, as delivery hands it over. */
export function outgoing(overrides: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    messageId: '<0b6c1f0e@app.example.com>',
    date: new Date('2026-03-01T09:30:00Z'),
    to: 'ada@example.org',
    subject: 'Your code is 123456',
    text: 'Your code is 123456.\n\nIt is good for ten minutes.\n',
    html: '<p>Your code is <b>123456</b>.</p>\n<p>It is good for ten minutes.</p>\n',
    locale: 'en',
    ...overrides,
  };
}
