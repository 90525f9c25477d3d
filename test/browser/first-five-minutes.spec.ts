import type { Page } from 'playwright-core';
import { startApp, type TestApp } from '../harness/app.js';
import {
  describeInBrowser,
  expectNoAxeViolations,
  openBrowser,
  screenshot,
  type TestBrowser,
  type TestPage,
} from '../harness/browser.js';

const EMAIL = 'ada@example.com';
const FIRST_PASSWORD = 'correct horse battery';
const SECOND_PASSWORD = 'another few unrelated words';

describeInBrowser('the first five minutes of a newcomer', () => {
  let app: TestApp;
  let browser: TestBrowser;
  let inbox: TestPage;

  beforeAll(async () => {
    app = await startApp();
    browser = await openBrowser();
    inbox = await browser.open();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const chooseMail = (name: RegExp) => inbox.page.getByRole('link', { name }).first().click();

  /** The page that a link of the mail opens in a new tab. */
  const follow = async (): Promise<Page> => {
    const links = inbox.page.getByRole('list', { name: 'Links in this mail' });
    const [tab] = await Promise.all([
      inbox.context.waitForEvent('page'),
      links.getByRole('link').first().click(),
    ]);
    await tab.waitForLoadState();
    return tab;
  };

  it('begin with an invitation that waits in the inbox, and make the first admin', async () => {
    await inbox.page.goto(`${app.url}/inbox`);
    await chooseMail(/admin@example\.com/);
    await inbox.page.frameLocator('iframe').getByRole('link').first().waitFor();
    await screenshot(inbox.page, 'journey-invitation-mail');
    const tab = await follow();
    await expectNoAxeViolations(tab);
    await tab.getByLabel('Your name').fill('Root');
    await tab.getByLabel('New password', { exact: true }).fill(FIRST_PASSWORD);
    await tab.getByRole('button', { name: 'Create account' }).click();
    await tab.getByRole('heading', { name: /^Welcome to / }).waitFor();
    await expectNoAxeViolations(tab);
    await tab.close();

    const answer = await app.http.post('/auth/login', {
      email: 'admin@example.com',
      password: FIRST_PASSWORD,
    });
    expect(answer.body.user).toMatchObject({ role: 'admin', name: 'Root' });
  }, 60_000);

  it('go on with a registration, whose code appears by itself and works', async () => {
    const register = { email: EMAIL, password: FIRST_PASSWORD };
    expect((await app.http.post('/auth/register', register)).status).toBe(202);
    await chooseMail(/Unread.*ada@example\.com/);
    await inbox.page.getByRole('button', { name: 'Copy code' }).click();
    const code = await inbox.page.evaluate(() => navigator.clipboard.readText());
    await inbox.page.frameLocator('iframe').getByText(code).first().waitFor();
    await screenshot(inbox.page, 'journey-code-mail');
    const answer = await app.http.post('/auth/verification', { email: EMAIL, code });
    expect(answer.body.user).toMatchObject({ email: EMAIL, status: 'active' });
  }, 60_000);

  it('end with a new password by the link in the next mail, which works once', async () => {
    await app.clock.advance('1 hour'); // one mailbox gets no second mail within a minute
    expect((await app.http.post('/auth/password-reset', { email: EMAIL })).status).toBe(202);
    await chooseMail(/Unread.*ada@example\.com/);
    await inbox.page.frameLocator('iframe').getByText('Reset').first().waitFor();
    await screenshot(inbox.page, 'journey-reset-mail');
    const tab = await follow();
    const link = await tab.evaluate(() => location.href);
    expect(link).toBe(`${app.url}/link/reset-password`);

    const password = tab.getByLabel('New password', { exact: true });
    await password.fill('password12345678');
    await tab.getByRole('button', { name: 'Change password' }).click();
    await tab.getByRole('alert').waitFor();
    await expectNoAxeViolations(tab);
    await password.fill(SECOND_PASSWORD);
    await tab.getByRole('button', { name: 'Change password' }).click();
    await tab.getByRole('heading', { name: 'Your password is changed' }).waitFor();
    await tab.close();

    const signIn = { email: EMAIL, password: SECOND_PASSWORD };
    expect((await app.http.post('/auth/login', signIn)).status).toBe(200);
    const again = await follow();
    await again.getByRole('heading', { name: 'This link is not valid' }).waitFor();
    await expectNoAxeViolations(again);
    await again.close();
    expect(inbox.complaints).toEqual([]);
  }, 60_000);

  it.each([
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { width: 390 }],
  ] as const)(
    'look good, %s',
    async (word, look) => {
      const { page, context } = await browser.open(look);
      await page.goto(`${app.url}/inbox`);
      await page.getByRole('link', { name: /ada@example\.com.*\d{6}/ }).click();
      await page
        .frameLocator('iframe')
        .getByText(/^\d{3}\s?\d{3}$/)
        .first()
        .waitFor();
      await screenshot(page, `journey-code-mail-${word}`);
      await expectNoAxeViolations(page);
      await context.close();
    },
    60_000,
  );
});
