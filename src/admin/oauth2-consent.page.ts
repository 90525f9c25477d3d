import { cardPage, html } from '#http';

export type ConsentView = { appName: string } & (
  { state: 'done'; account: string } | { state: 'failed'; why: string }
);

/** Where the provider sends a browser back to: a whole HTML document. */
export function consentPage(view: ConsentView): string {
  const { appName } = view;
  switch (view.state) {
    case 'done':
      return cardPage({
        appName,
        title: 'Mail can be sent again',
        root: '../',
        body: html`<div class="stack">
          <p class="sign ok" aria-hidden="true">✓</p>
          <h1>Mail can be sent again</h1>
          <p>
            The consent for the SMTP account “${view.account}” is stored. Mails that wait go out
            now; you can close this page.
          </p>
        </div>`,
      });
    case 'failed':
      return cardPage({
        appName,
        title: 'The consent is not stored',
        root: '../',
        body: html`<div class="stack">
          <p class="sign warn" aria-hidden="true">!</p>
          <h1>The consent is not stored</h1>
          <p>${view.why}</p>
          <p class="for-developers">
            <code>POST /admin/smtp-accounts/:id/oauth2/authorize</code> or
            <code>gatepost oauth2 authorize</code> begins again.
          </p>
        </div>`,
      });
    default:
      return view satisfies never;
  }
}
