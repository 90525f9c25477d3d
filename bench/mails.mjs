// The mails that all contenders send: resets of a password, each with a token of its own.
import { openRenderer } from './application.mjs';

export const HOUR = 3_600_000;

/** As long as a real one. */
export const token = (i) => `${String(i).padStart(8, '0')}rX3sYQk2bT8uVwZ0a1c4d7eF9gH1iJ3kL5m`;

export const addressOf = (i) => `person${i}@example.com`;

/** @returns what renders the reset for the i-th person */
export function resetRenderer() {
  const renderer = openRenderer();
  return (i) => {
    const createdAt = new Date();
    return renderer.render(
      'password-reset',
      { token: token(i) },
      {
        to: addressOf(i),
        locale: 'en',
        createdAt,
        expiresAt: new Date(createdAt.getTime() + HOUR),
      },
    );
  };
}

/** The very mail as a template whose one variable is the token, for the baselines. */
export function resetTemplate() {
  const { subject, html, text } = resetRenderer()(0);
  const asTemplate = (content) => content.replaceAll(token(0), '{{token}}');
  return { subject, html: asTemplate(html), text: asTemplate(text) };
}

/**
 * What a transport gets: a real mail, cut to 6 KiB when it is composed. Each has a Message-ID and a
 * token of its own, so that nothing of one can be used for the next.
 */
export function sixKibibytes() {
  const { subject, html, text } = resetTemplate();
  const date = new Date();
  // The end, where the token is.
  const cut = html.slice(-4_400);
  return (i) => ({
    messageId: `<${token(i)}@app.bench.gatepost.dev>`,
    date,
    to: addressOf(i),
    subject,
    html: cut.replaceAll('{{token}}', token(i)),
    text: text.replaceAll('{{token}}', token(i)),
    locale: 'en',
  });
}
