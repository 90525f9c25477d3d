import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { invitationPage } from '../../src/auth/invitation.page.js';
import { resetPasswordPage } from '../../src/auth/reset-password.page.js';
import { type Asset, assets } from '../../src/http/assets.js';
import { pageHeaders } from '../../src/http/page.js';
import {
  describeInBrowser,
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  openBrowser,
  screenshot,
  type TestBrowser,
  type TestPage,
} from '../harness/browser.js';

const product = { appName: 'Acme', minLength: 15 };
const invited = { email: 'ada@example.com', role: 'admin', name: 'Ada' } as const;
const error = 'This password is among the most common ones. Choose one that nobody else has.';

const PAGES: Record<string, string> = {
  'reset-password': resetPasswordPage({ ...product, state: 'form', token: 'the-token' }),
  'reset-password-error': resetPasswordPage({ ...product, state: 'form', token: 't', error }),
  'reset-password-done': resetPasswordPage({ ...product, state: 'done' }),
  'reset-password-invalid': resetPasswordPage({ ...product, state: 'invalid' }),
  invitation: invitationPage({ ...product, ...invited, state: 'form', token: 'the-token' }),
  'invitation-error': invitationPage({ ...product, ...invited, state: 'form', token: 't', error }),
  'invitation-done': invitationPage({ ...product, state: 'done' }),
  'invitation-invalid': invitationPage({ ...product, state: 'invalid' }),
};

describeInBrowser('the pages behind the links in mails', () => {
  let browser: TestBrowser;
  let server: http.Server;
  let origin: string;
  const posted: URLSearchParams[] = [];

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      void answer(request, response, posted);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await openBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });

  describe.each([
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { width: 390 }],
  ] as const)('%s', (word, look) => {
    let opened: TestPage;
    beforeAll(async () => {
      opened = await browser.open(look);
    }, 60_000);
    afterAll(() => opened.context.close());

    it.each(Object.keys(PAGES))(
      'lets everybody read %s',
      async (name) => {
        const { page, complaints } = opened;
        await page.goto(`${origin}/link/${name}?token=the-token`);
        await expectNoAxeViolations(page);
        await screenshot(page, `${name}-${word}`);
        await expectNoSidewaysScroll(page);
        expect(complaints).toEqual([]);
      },
      60_000,
    );
  });

  it('takes the token out of the address and out of the history, and sends it all the same', async () => {
    const { page, context } = await browser.open();
    await page.goto(`${origin}/link/reset-password?token=the-token`);
    await page.waitForURL(`${origin}/link/reset-password`);
    await page.getByLabel('New password', { exact: true }).fill('correct horse battery');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
    expect([...(posted.at(-1) ?? [])]).toEqual([
      ['token', 'the-token'],
      ['password', 'correct horse battery'],
    ]);
    await context.close();
  }, 60_000);

  it('works without scripts', async () => {
    const { page, context } = await browser.open({ javaScript: false });
    await page.goto(`${origin}/link/invitation?token=the-token`);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('New password', { exact: true }).fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Welcome to Acme' }).waitFor();
    expect([...(posted.at(-1) ?? [])]).toEqual([
      ['token', 'the-token'],
      ['name', 'Ada Lovelace'],
      ['password', 'correct horse battery'],
    ]);
    await context.close();
  }, 60_000);

  it('works with the keyboard alone, shows the password when asked, and hides it to send', async () => {
    const { page, context } = await browser.open();
    await page.goto(`${origin}/link/reset-password?token=the-token`);
    const password = page.getByLabel('New password', { exact: true });
    await page.keyboard.press('Tab');
    await page.keyboard.type('correct horse battery');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await password.getAttribute('type')).toBe('text');
    expect(await page.getByRole('button', { name: 'Hide password' }).count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
    await context.close();
  }, 60_000);

  it('starts with what is wrong', async () => {
    const { page, context } = await browser.open();
    await page.goto(`${origin}/link/reset-password-error`);
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'alert');
    expect(await page.title()).toMatch(/^Error: /);
    await context.close();
  }, 60_000);

  it('does nothing by itself: a program that opens links spends none', async () => {
    const before = posted.length;
    const { page, context } = await browser.open();
    await page.goto(`${origin}/link/reset-password?token=the-token`);
    await page.waitForLoadState('networkidle');
    expect(posted.length).toBe(before);
    await context.close();
  }, 60_000);
});

/** The pages as the server sends them, with the same headers; a form ends in its `done` page. */
async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  posted: URLSearchParams[],
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const name = pathname.split('/').at(-1) ?? '';
  const asset: Asset | undefined = pathname.startsWith('/assets/') ? assets.get(name) : undefined;
  if (asset) {
    response.setHeader('Content-Type', asset.contentType).end(asset.body);
    return;
  }
  const set = (headers: Record<string, string>) =>
    response.setHeaders(new Map(Object.entries(headers)));
  pageHeaders({ set } as unknown as Parameters<typeof pageHeaders>[0]);
  if (request.method === 'POST') {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    posted.push(new URLSearchParams(body));
    response.end(PAGES[`${name}-done`]);
    return;
  }
  response.statusCode = PAGES[name] ? 200 : 404;
  response.end(PAGES[name]);
}
