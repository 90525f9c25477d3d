import { html } from '#http';
import { errorSummary, linkPage, newPasswordField } from './link.page.js';

export type ResetPasswordView = {
  appName: string;
  /** Characters a password has at least. */
  minLength: number;
} & ({ state: 'form'; token: string; error?: string } | { state: 'done' } | { state: 'invalid' });

/** The page behind the link of a password-reset mail: a whole HTML document. */
export function resetPasswordPage(view: ResetPasswordView): string {
  switch (view.state) {
    case 'form':
      return linkPage(
        view.appName,
        view.error === undefined ? 'Choose a new password' : 'Error: Choose a new password',
        html`<form class="stack" method="post" action="reset-password">
          ${errorSummary(view.error)}
          <h1>Choose a new password</h1>
          <p>
            For your ${view.appName} account. Changing it signs you out on every device, so that
            nobody stays in with the old one.
          </p>
          <input type="hidden" name="token" value="${view.token}" />
          ${newPasswordField(view.minLength, view.error)}
          <button class="btn pri wide">Change password</button>
        </form>`,
      );
    case 'done':
      return linkPage(
        view.appName,
        'Your password is changed',
        html`<div class="stack">
          <p class="sign ok" aria-hidden="true">✓</p>
          <h1>Your password is changed</h1>
          <p>All devices were signed out. You can close this page and sign in.</p>
        </div>`,
      );
    case 'invalid':
      return linkPage(
        view.appName,
        'This link is not valid',
        html`<div class="stack">
          <p class="sign warn" aria-hidden="true">!</p>
          <h1>This link is not valid</h1>
          <p>It may have been used already, it may be too old, or a newer mail has replaced it.</p>
          <p>
            Look for a newer mail first. If there is none, ask for a new link with “Forgot password”
            where you sign in to ${view.appName}. Your password has not been changed.
          </p>
          <p class="for-developers">
            Without a front end: <code>POST /auth/password-reset</code> with your
            <code>email</code> sends a new link.
          </p>
        </div>`,
      );
    default:
      return view satisfies never;
  }
}
