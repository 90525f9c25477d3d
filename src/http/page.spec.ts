import { html, page } from './page.js';

it('escapes text and attribute values, and keeps markup', () => {
  const name = `<b title="a" class='b'>&amp;`;
  expect(html`<p title="${name}">${html`<i>${name}</i>`}</p>`.toString()).toBe(
    '<p title="&lt;b title=&quot;a&quot; class=&#39;b&#39;&gt;&amp;amp;">' +
      '<i>&lt;b title=&quot;a&quot; class=&#39;b&#39;&gt;&amp;amp;</i></p>',
  );
});

it('joins lists, and writes nothing for nothing', () => {
  expect(html`${[html`<i></i>`, 'a', 1]}|${undefined}${null}${false}|${0}`.toString()).toBe(
    '<i></i>a1||0',
  );
});

it('is not fooled by an object that only looks like markup', () => {
  const forged = { toString: () => '<script>' } as unknown as string;
  expect(html`${forged}`.toString()).toBe('&lt;script&gt;');
});

it('refuses to name a style or script that does not exist', () => {
  expect(() =>
    page({ title: 'A', appName: 'B', body: html`<p></p>`, scripts: ['no-such.js'] }),
  ).toThrow('pages/no-such.js does not exist');
});

it('finds its files through the way to the root, with their version', () => {
  const document = page({ title: 'A & B', appName: 'C', body: html`<p></p>`, root: '../' });
  expect(document).toMatch(/href="\.\.\/assets\/console\.css\?v=[\w-]{16}"/);
  expect(document).toContain('<title>A &amp; B · C</title>');
  expect(document.startsWith('<!doctype html>')).toBe(true);
});
