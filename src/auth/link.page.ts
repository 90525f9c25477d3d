import { cardPage, html, type Html } from '#http';

/** A page under `/link/`: a whole HTML document. */
export const linkPage = (appName: string, title: string, body: Html): string =>
  cardPage({ appName, title, body, root: '../', scripts: ['link.js'] });

/** What is wrong with the last attempt, in place where a screen reader starts. */
export const errorSummary = (error: string | undefined): Html | undefined =>
  error === undefined
    ? undefined
    : html`<div class="alert" role="alert" id="error" tabindex="-1">
        <h2>That did not work yet</h2>
        <p>${error}</p>
      </div>`;

/**
 * The field of a new password: one, with a button to see what was typed, which the script puts
 * there. Pasting is welcome (NIST SP 800-63B-4, 3.1.1.2); so are the suggestions of a manager.
 */
export const newPasswordField = (minLength: number, error: string | undefined): Html =>
  html`<div class="field">
    <label for="password">New password</label>
    <p class="hint" id="password-hint">
      At least ${minLength} characters. A few unrelated words are easier to remember than signs and
      digits, and as strong.
    </p>
    <div class="with-toggle" data-show-password>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="new-password"
        autocapitalize="none"
        spellcheck="false"
        minlength="${minLength}"
        required
        aria-describedby="${error === undefined ? 'password-hint' : 'error password-hint'}"
        aria-invalid="${error === undefined ? 'false' : 'true'}"
      />
    </div>
  </div>`;
