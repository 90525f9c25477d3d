import { invitationPage } from './invitation.page.js';
import { resetPasswordPage } from './reset-password.page.js';

const view = { appName: 'Ada & Sons', minLength: 15 };
const hostile = `"><script>alert('1')</script>`;

const formFields = (page: string) =>
  [...page.matchAll(/<input\b[^>]*?\bname="([^"]+)"/gs)].map(([, name]) => name);

describe('the reset-password page', () => {
  it('posts the token and the password, nothing else, to the place it came from', () => {
    const page = resetPasswordPage({ ...view, state: 'form', token: 'secret-token' });
    expect(formFields(page)).toEqual(['token', 'password']);
    expect(page).toContain('<form class="stack" method="post" action="reset-password">');
    expect(page).toContain('value="secret-token"');
  });

  it('says the shortest password in words and lets a manager fill it in', () => {
    const page = resetPasswordPage({ ...view, state: 'form', token: 't' });
    expect(page).toContain('At least 15 characters.');
    expect(page).toContain('autocomplete="new-password"');
    expect(page).toContain('minlength="15"');
    expect(page).not.toMatch(/maxlength|onpaste|autocomplete="off"/);
  });

  it('puts what is wrong first, and ties it to the field', () => {
    const page = resetPasswordPage({ ...view, state: 'form', token: 't', error: 'Too short.' });
    expect(page.indexOf('role="alert"')).toBeLessThan(page.indexOf('<h1>'));
    expect(page).toContain('<p>Too short.</p>');
    expect(page).toContain('aria-describedby="error password-hint"');
    expect(page).toContain('aria-invalid="true"');
    expect(page).toContain('<title>Error: Choose a new password');
  });

  it('has no form where there is nothing to send', () => {
    for (const state of ['done', 'invalid'] as const)
      expect(resetPasswordPage({ ...view, state })).not.toContain('<form');
  });
});

describe('the invitation page', () => {
  const form = {
    ...view,
    state: 'form',
    token: 't',
    email: 'ada@example.com',
    role: 'admin',
    name: 'Ada',
  } as const;

  it('shows the address and the role but sends only token, name and password', () => {
    const page = invitationPage(form);
    expect(formFields(page)).toEqual(['token', 'name', 'password']);
    expect(page).toContain('value="ada@example.com"');
    expect(page).toContain('<strong>an administrator</strong>');
    expect(invitationPage({ ...form, role: 'member' })).toContain('<strong>a member</strong>');
  });

  it('leaves the name empty where nobody wrote one', () => {
    expect(invitationPage({ ...form, name: undefined })).toMatch(/name="name" value=""/);
  });
});

it('escapes everything that comes from outside', () => {
  const pages = [
    resetPasswordPage({
      appName: hostile,
      minLength: 8,
      state: 'form',
      token: hostile,
      error: hostile,
    }),
    invitationPage({
      appName: hostile,
      minLength: 8,
      state: 'form',
      token: hostile,
      email: hostile,
      role: 'member',
      name: hostile,
      error: hostile,
    }),
  ];
  for (const page of pages) {
    expect(page).not.toContain('<script>');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;');
  }
});

it('has no inline script, style or handler, which the policy would refuse', () => {
  const pages = [
    resetPasswordPage({ ...view, state: 'form', token: 't' }),
    resetPasswordPage({ ...view, state: 'invalid' }),
    invitationPage({ ...view, state: 'done' }),
  ];
  for (const page of pages) {
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    expect(page).toContain('<html lang="en">');
  }
});
