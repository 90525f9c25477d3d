import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createTransport, type Transporter } from 'nodemailer';
import { configureEdge, EdgeModule } from '#http';
import { InboxModule, InboxServer, InboxStore } from '#inbox';
import {
  describeInBrowser,
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  openBrowser,
  screenshot,
  type TestBrowser,
} from '../harness/browser.js';

describeInBrowser('the inbox page', () => {
  const store = new InboxStore();
  const server = new InboxServer(store);
  let app: NestExpressApplication;
  let mailer: Transporter;
  let browser: TestBrowser;
  let origin: string;
  let tracker: Tracker;

  beforeAll(async () => {
    const { host, port } = await server.start();
    mailer = createTransport({ host, port, secure: false, ignoreTLS: true });
    @Module({ imports: [EdgeModule, InboxModule.forRoot({ server, store, appName: 'Acme' })] })
    class TestModule {}
    app = await NestFactory.create(TestModule, { bodyParser: false, logger: false });
    configureEdge(app, {
      adminWebUrl: 'http://localhost',
      rateLimit: 'off',
      trustProxy: undefined,
    });
    await app.listen(0, '127.0.0.1');
    origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    tracker = await startTracker();
    browser = await openBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    tracker.close();
    await app.close();
  });

  beforeEach(() => store.clear());

  const sendCode = (to = 'ada@example.com', code = '493817') =>
    mailer.sendMail({
      from: 'Acme <no-reply@acme.test>',
      to,
      subject: `${code} is your Acme code`,
      text: `Confirm your email\n\n${code}\n\nThe code expires in 10 minutes and works once.`,
      html: `<!doctype html><html lang="en"><head><meta name="color-scheme" content="light dark"><style>body{font:16px/24px sans-serif;padding:24px}.code{font:700 32px monospace}</style></head>
        <body><h1>Confirm your email</h1><p class="code">${code}</p><p>The code expires in 10 minutes and works once.</p></body></html>`,
    });

  const sendReset = () =>
    mailer.sendMail({
      from: 'Acme <no-reply@acme.test>',
      to: 'ada@example.com',
      subject: 'Reset your Acme password',
      text: `Choose a new password: ${origin}/inbox?token=abc-_123.`,
      html: `<p>We received a request.</p><p><a href="${origin}/inbox?token=abc-_123">Choose a new password</a></p>`,
    });

  it('says what to do while it is empty, and shows a mail the moment it arrives', async () => {
    const { page, context, complaints } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText(`curl ${origin}/auth/register`).count()).toBe(1);
    await expectNoAxeViolations(page);

    await sendCode();
    await page.getByRole('link', { name: /Unread.*ada@example\.com.*493817/ }).waitFor();
    expect(await page.title()).toBe('(1) Inbox · Acme');
    expect(await page.getByText('No mail yet').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  it('shows the code large, copies it, and marks the mail as read for good', async () => {
    await sendCode();
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /ada@example\.com/ }).click();
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('493817');
    expect(await page.title()).toBe('Inbox · Acme');
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /ada@example\.com/ }).waitFor();
    expect(await page.getByRole('link', { name: /Unread/ }).count()).toBe(0);
    await context.close();
  }, 60_000);

  it('shows HTML, text, headers and source, by the arrow keys too', async () => {
    await sendCode();
    const { page, context, complaints } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /ada@example\.com/ }).click();
    const frame = page.frameLocator('iframe');
    await frame.getByRole('heading', { name: 'Confirm your email' }).waitFor();

    await page.getByRole('button', { name: 'Phone width' }).click();
    expect((await page.locator('iframe').boundingBox())?.width).toBe(390);
    await page.getByRole('button', { name: 'Phone width', pressed: true }).click();

    await page.getByRole('tab', { name: 'HTML' }).focus();
    const panel = page.getByRole('tabpanel');
    await page.keyboard.press('ArrowRight');
    await panel.getByText('The code expires in 10 minutes').waitFor();
    await page.keyboard.press('ArrowRight');
    await panel.getByText('Acme <no-reply@acme.test>').waitFor();
    await page.keyboard.press('End');
    await panel.getByText('Content-Type: multipart/alternative').waitFor();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { selected: true }).textContent()).toMatch(/HTML/);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  it('walks through the mails by the arrow keys', async () => {
    await sendCode('ada@example.com');
    await sendCode('lin@example.com', '111222');
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /lin@example\.com/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '111222 is your Acme code' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { name: '493817 is your Acme code' }).waitFor();
    await context.close();
  }, 60_000);

  it('opens links in a new tab: from the list of links, the text and the HTML', async () => {
    await sendReset();
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /ada@example\.com/ }).click();
    const link = `${origin}/inbox?token=abc-_123`;
    const openers = [
      () => page.getByRole('list', { name: 'Links in this mail' }).getByRole('link').click(),
      () => page.frameLocator('iframe').getByRole('link', { name: 'Choose a new' }).click(),
      async () => {
        await page.getByRole('tab', { name: 'Text' }).click();
        await page.getByRole('tabpanel').getByRole('link').click();
      },
    ];
    for (const open of openers) {
      const [tab] = await Promise.all([context.waitForEvent('page'), open()]);
      await tab.waitForLoadState();
      expect(tab.url()).toBe(link);
      // Out of the sandbox, or the form behind the link would be dead.
      expect(await tab.evaluate(() => [window.origin, window.opener])).toEqual([origin, null]);
      await tab.close();
    }
    await context.close();
  }, 60_000);

  it('filters by recipient, also what arrives later', async () => {
    await sendCode('ada@example.com');
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByLabel('Filter by recipient').fill('LIN@');
    await page.getByText('No mail to such a recipient.').waitFor();
    await sendCode('ada@example.com', '222333');
    await sendCode('lin@example.com', '111222');
    await page.getByRole('link', { name: /lin@example\.com/ }).waitFor();
    expect(await page.getByRole('link', { name: /ada@example\.com/ }).count()).toBe(0);
    await context.close();
  }, 60_000);

  it('asks before it throws everything away', async () => {
    await sendCode();
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expectNoAxeViolations(page);
    await page.keyboard.press('Escape');
    expect(store.page({ limit: 10 }).items).toHaveLength(1);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByRole('button', { name: 'Throw away' }).click();
    await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
    expect(store.page({ limit: 10 }).items).toHaveLength(0);
    await context.close();
  }, 60_000);

  it('shows older mails when asked', async () => {
    for (let i = 0; i < 55; i += 1) await sendCode(`user${i}@example.com`);
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('button', { name: 'Show older mails' }).click();
    await page.getByRole('link', { name: /user0@example\.com/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Show older mails' }).isVisible()).toBe(false);
    await context.close();
  }, 60_000);

  it('gives a hostile mail nothing: no script, no request, no way out of its frame', async () => {
    const evil = `http://127.0.0.1:${tracker.port}`;
    const script = `fetch('${evil}/fetch');parent.document.title='owned';top.location='${evil}/top'`;
    await mailer.sendMail({
      from: '"<img src=x onerror=document.title=1>" <evil@evil.test>',
      to: 'ada@example.com',
      subject: '</title><script>document.title="owned"</script>',
      text: `<script>${script}</script>`,
      headers: { 'X-Evil': '<script>document.title="owned"</script>' },
      html: `</iframe></template><script>${script}</script><base href="${evil}/">
        <meta http-equiv="refresh" content="0;url=${evil}/refresh">
        <meta http-equiv="Content-Security-Policy" content="default-src *">
        <link rel="stylesheet" href="${evil}/css"><link rel="prefetch" href="${evil}/prefetch">
        <style>@import url(${evil}/import); body{background:url(${evil}/background)}
          @font-face{font-family:f;src:url(${evil}/font)} p{font-family:f}</style>
        <img src="${evil}/pixel" onerror="${script}"><img srcset="${evil}/srcset 2x">
        <svg onload="${script}"><image href="${evil}/svg"/></svg><video poster="${evil}/poster"></video>
        <iframe src="${evil}/frame"></iframe><object data="${evil}/object"></object>
        <form id="f" action="${evil}/form"><input autofocus onfocus="${script}"><button>Send</button></form>
        <p>Dear customer</p><a href="javascript:${script}">Click</a><a target="_top" href="${evil}/top">Top</a>`,
    });
    const { page, context } = await browser.open();
    await page.goto(`${origin}/inbox`);
    await page.getByRole('link', { name: /ada@example\.com/ }).click();
    const frame = page.frameLocator('iframe');
    await frame.getByText('Dear customer').waitFor();
    await frame.getByRole('button', { name: 'Send' }).click();
    await frame.getByRole('link', { name: 'Click' }).click();
    for (const tab of ['Text', 'Headers', 'Source'])
      await page.getByRole('tab', { name: tab }).click();
    // The same page by itself, out of the frame.
    const [item] = store.page({ limit: 1 }).items;
    const alone = await context.newPage();
    await alone.goto(`${origin}/dev/inbox/${item!.id}/html`);
    await alone.waitForLoadState('networkidle');
    await page.waitForTimeout(500);

    expect(tracker.asked).toEqual([]);
    expect(await page.title()).toBe('Inbox · Acme');
    expect(page.url()).toBe(`${origin}/inbox#${item!.id}`);
    expect(item!.links.filter((link) => !link.startsWith('http'))).toEqual([]);
    await screenshot(page, 'inbox-hostile');
    await context.close();
  }, 60_000);

  it('asks every few seconds while the live events do not come, until they do', async () => {
    const { page, context } = await browser.open();
    await context.route('**/dev/inbox/events', (route) => route.abort());
    await page.goto(`${origin}/inbox`);
    await page.getByText('Every 3 s').waitFor();
    await sendCode();
    await page.getByRole('link', { name: /ada@example\.com/ }).waitFor({ timeout: 10_000 });
    await context.unroute('**/dev/inbox/events');
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 10_000 });
    await context.close();
  }, 60_000);

  it.each([
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { width: 390 }],
    ['narrow-dark', { width: 390, colorScheme: 'dark' }],
  ] as const)(
    'is readable for everybody, %s',
    async (word, look) => {
      const { page, context, complaints } = await browser.open(look);
      await page.goto(`${origin}/inbox`);
      await page.getByText('Live', { exact: true }).waitFor();
      await expectNoSidewaysScroll(page);
      await screenshot(page, `inbox-empty-${word}`);
      await sendReset();
      await sendCode('grace.brewster.murray.hopper@long-subdomain.example.com', '208114');
      await sendCode();
      await page.getByRole('link', { name: /ada@example\.com.*493817/ }).waitFor();
      await screenshot(page, `inbox-list-${word}`);
      await expectNoAxeViolations(page);

      await page.getByRole('link', { name: /ada@example\.com.*493817/ }).click();
      await page.frameLocator('iframe').getByText('works once').waitFor();
      await screenshot(page, `inbox-code-${word}`);
      for (const tab of ['Text', 'Headers', 'Source']) {
        await page.getByRole('tab', { name: tab }).click();
        await expectNoAxeViolations(page);
        await screenshot(page, `inbox-${tab.toLowerCase()}-${word}`);
      }
      if (word.startsWith('narrow')) await page.getByRole('link', { name: 'All mails' }).click();
      await page.getByRole('link', { name: /Reset your/ }).click();
      await page.getByRole('heading', { name: 'Reset your' }).waitFor();
      await page.getByRole('tab', { name: 'HTML' }).click();
      await page.frameLocator('iframe').getByRole('link').waitFor();
      await expectNoAxeViolations(page);
      await screenshot(page, `inbox-link-${word}`);
      await expectNoSidewaysScroll(page);
      expect(complaints).toEqual([]);
      await context.close();
    },
    60_000,
  );
});

interface Tracker {
  port: number;
  asked: string[];
  close(): void;
}

/** A server that writes down what it was asked for: what a sender would learn of a reader. */
async function startTracker(): Promise<Tracker> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
