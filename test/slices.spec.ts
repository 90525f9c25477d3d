import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

describe('the linter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-lint-'));
  beforeAll(() => {
    for (const name of ['lint', '.oxlintrc.json'])
      cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function lint(file: string, source: string): string {
    const path = join(directory, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, source);
    const oxlint = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const { stdout, status } = spawnSync(process.execPath, [oxlint, '--format', 'unix', file], {
      cwd: directory,
      encoding: 'utf8',
    });
    rmSync(path);
    return status === 0 ? '' : stdout;
  }

  it.each([
    [
      'src/mail/plant.ts',
      "export { SmtpSender } from '#smtp';",
      'The slice mail may import #settings, #address, #database, #message, #outbox; it may not import #smtp.',
    ],
    [
      'src/delivery/plant.ts',
      "export { UserService } from '#user';",
      'The slice delivery may import #settings, #metrics, #outbox, #message, #mailer-config, #smtp-account, #smtp, #doctor; it may not import #user.',
    ],
    [
      'src/mail/plant.ts',
      "export { claim } from '../outbox/claim.query.js';",
      'Another slice is reached only through its index.ts, as #name; ../outbox/claim.query.js leaves the slice mail.',
    ],
    [
      'src/mail/plant.ts',
      "export { createTransport } from 'nodemailer';",
      'Only the slice smtp may import nodemailer; mail reaches it through #smtp or not at all.',
    ],
    [
      'src/helpers/plant.ts',
      "export { sql } from '#database';",
      'src/helpers is no slice of the table in lint/slices.mjs',
    ],
    [
      'src/mail/plant.ts',
      'export const host = process.env.SMTP_HOST;',
      'process.env is read only in *.config.ts; take the setting by injection.',
    ],
  ])('refuses in %s: %s', (file, source, sentence) => {
    expect(lint(file, source)).toContain(sentence);
  });

  it('lets what the table allows pass', () => {
    expect(lint('src/mail/plant.ts', "export { Outbox } from '#outbox';\n")).toBe('');
  });
});
