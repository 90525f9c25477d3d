import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const SCREENSHOTS = join(import.meta.dirname, '..', 'screenshots');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How a page is looked at. */
export interface Look {
  colorScheme?: 'light' | 'dark';
  /** CSS pixels. */
  width?: number;
  javaScript?: boolean;
}

/** A browser for the tests of one file; close it after them. */
export interface TestBrowser {
  /** A page with cookies, storage and clipboard of its own. */
  open(look?: Look): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  page: Page;
  context: BrowserContext;
  /** What the page complained of: errors of scripts, and what its policy refused. */
  complaints: string[];
}

/**
 * `describe` for tests that need Chromium. Without it they are skipped with a sentence that says
 * so; where everything has to be tested (CI) they fail instead.
 */
export function describeInBrowser(name: string, tests: () => void): void {
  if (existsSync(EXECUTABLE)) return describe(name, tests);
  const sentence = `There is no Chromium at ${EXECUTABLE}: install it (apt-get install chromium) or set CHROMIUM_PATH.`;
  if (process.env['CI']) {
    test(name, () => {
      throw new Error(sentence);
    });
  } else {
    console.warn(`Skipped: ${name}. ${sentence}`);
    describe.skip(name, tests);
  }
}

export async function openBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  return {
    open: async ({ colorScheme = 'light', width = 1280, javaScript = true } = {}) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: width < 600 ? 844 : 860 },
        javaScriptEnabled: javaScript,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return { page, context, complaints };
    },
    close: () => browser.close(),
  };
}

/** Holds what is on the page to WCAG 2.2 AA and to axe's best practices. */
export async function expectNoAxeViolations(page: Page): Promise<void> {
  await page.evaluate(axeSource);
  // What is inside a sandboxed mail is its sender's; no script gets in there, axe neither.
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { iframes: false, resultTypes: ["violations"] })',
  );
  expect(
    violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) })),
  ).toEqual([]);
}

/** Nothing is wider than the window, so that nobody has to scroll sideways (WCAG 2.2, 1.4.10). */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - window.innerWidth,
  );
  expect(overflow).toBeLessThanOrEqual(0);
}

/** Into test/screenshots/, for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
