import { html, type Html } from '#http';
import { errorSummary, linkPage, newPasswordField } from './link.page.js';

type Form = {
  state: 'form';
  token: string;
  /** The invited address; it can't be changed here. */
  email: string;
  role: 'admin' | 'member';
  /** As whoever invited wrote it. */
  name: string | undefined;
  error?: string;
};

export type InvitationView = {
  appName: string;
  /** Characters a password has at least. */
  minLength: number;
} & (Form | { state: 'done' } | { state: 'invalid' });

/** The page behind the link of an invitation: a whole HTML document. */
export function invitationPage(view: InvitationView): string {
  switch (view.state) {
    case 'form':
      return linkPage(
        view.appName,
        view.error === undefined ? `Join ${view.appName}` : `Error: Join ${view.appName}`,
        form(view),
      );
    case 'done':
      return linkPage(
        view.appName,
        `Welcome to ${view.appName}`,
        html`<div class="stack">
          <p class="sign ok" aria-hidden="true">✓</p>
          <h1>Welcome to ${view.appName}</h1>
          <p>
            Your account is ready and your e-mail address is confirmed. You can close this page and
            sign in with your e-mail address and the password you just chose.
          </p>
        </div>`,
      );
    case 'invalid':
      return linkPage(
        view.appName,
        'This invitation is not valid',
        html`<div class="stack">
          <p class="sign warn" aria-hidden="true">!</p>
          <h1>This invitation is not valid</h1>
          <p>
            It may have been accepted already, it may be too old, it may have been taken back, or a
            newer invitation has replaced it.
          </p>
          <p>
            If you have accepted it before, simply sign in. Otherwise look for a newer mail, or ask
            whoever invited you to send the invitation again.
          </p>
        </div>`,
      );
    default:
      return view satisfies never;
  }
}

const ROLES = { admin: 'an administrator', member: 'a member' } as const;

const form = (view: InvitationView & Form): Html =>
  html`<form class="stack" method="post" action="invitation">
    ${errorSummary(view.error)}
    <h1>Join ${view.appName}</h1>
    <p>You are invited as <strong>${ROLES[view.role]}</strong>. Choose a password to begin.</p>
    <input type="hidden" name="token" value="${view.token}" />
    <div class="field">
      <label for="email">Your e-mail address</label>
      <input id="email" type="email" value="${view.email}" autocomplete="username" readonly />
    </div>
    <div class="field">
      <label for="name">Your name <span class="muted">(optional)</span></label>
      <input id="name" name="name" value="${view.name}" autocomplete="name" />
    </div>
    ${newPasswordField(view.minLength, view.error)}
    <button class="btn pri wide">Create account</button>
  </form>`;
