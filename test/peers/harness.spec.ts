import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
// @ts-expect-error: JavaScript without types
import config from '../../jest.config.mjs';
import { eventually } from '../harness/eventually.js';
import { startDovecot } from '../harness/peers/dovecot.js';
import { startExim } from '../harness/peers/exim.js';
import { describeWithPeer, DOVECOT, EXIM, POSTFIX } from '../harness/peers/installed.js';
import { processesIn } from '../harness/peers/leftovers.js';
import { startPostfix } from '../harness/peers/postfix.js';

const ROOT = join(import.meta.dirname, '..', '..');

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A test run of its own over one file of `fixtures`. */
async function run(fixture: string, env: Record<string, string> = {}): Promise<Run> {
  const {
    globalSetup: _,
    globalTeardown: __,
    ...project
  } = config.projects.find(({ displayName }: { displayName: string }) => displayName === 'peers');
  const testMatch = [`<rootDir>/test/peers/fixtures/${fixture}.fixture.ts`];
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const only = JSON.stringify({ ...project, rootDir: ROOT, testMatch, testTimeout: 30_000 });
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', jest, '--runInBand', '--verbose=false', '--config', only],
    { cwd: ROOT, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [said, reported, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[Run['code'], Run['signal']]>,
  ]);
  return { code, signal, output: said + reported };
}

describe('a server that is not installed', () => {
  it('is skipped, and it says what to do', async () => {
    const { code, output } = await run('missing');
    expect(output).toContain(
      'Nonesuch is not installed (/nowhere/nonesuch): run .ci/install-peers',
    );
    expect(output).toContain('1 skipped');
    expect(code).toBe(0);
  });

  it('is a failure in CI', async () => {
    const { code, output } = await run('missing', { CI: 'true' });
    expect(output).toContain('Nonesuch is not installed');
    expect(output).toContain('1 failed');
    expect(code).toBe(1);
  });
});

describe('a server with settings it can not start with', () => {
  const wrong = (setting: string) => ({ relayTo: 1, settings: [setting] });

  describeWithPeer(POSTFIX, () => {
    it('is an error that quotes its log', async () => {
      const started = startPostfix(wrong('queue_directory = /nonsense'));
      await expect(started).rejects.toThrow(/fatal: .*\/nonsense/);
    });
  });
  describeWithPeer(DOVECOT, () => {
    it('is an error that quotes its log', async () => {
      const started = startDovecot(wrong('nonsense = yes'));
      await expect(started).rejects.toThrow(/Unknown setting: nonsense/);
    });
  });
  describeWithPeer(EXIM, () => {
    it('is an error that quotes its log', async () => {
      const started = startExim(wrong('nonsense = yes'));
      await expect(started).rejects.toThrow(/nonsense.*unknown/);
    });
  });
});

describeWithPeer(
  { name: 'All of them', files: [POSTFIX, DOVECOT, EXIM].flatMap(({ files }) => files) },
  () => {
    let temporary: string;
    beforeEach(() => {
      temporary = mkdtempSync(join(tmpdir(), 'gatepost-leftovers-'));
      // the servers have users of their own
      chmodSync(temporary, 0o755);
    });
    afterEach(() => rmSync(temporary, { recursive: true, force: true }));

    const leftovers = (): string[] => [
      ...processesIn(temporary),
      ...readdirSync(temporary).filter((name) => name.startsWith('gatepost-')),
    ];

    it('leave no process and no file behind', async () => {
      const { code, output } = await run('stopped', { TMPDIR: temporary });
      expect(output).toContain('1 passed');
      expect(code).toBe(0);
      expect(leftovers()).toEqual([]);
    });

    it('leave nothing behind either when the tests are killed', async () => {
      const { signal } = await run('killed', { TMPDIR: temporary });
      expect(signal).toBe('SIGKILL');
      expect(await eventually(leftovers, (left) => left.length === 0)).toEqual([]);
    });
  },
);
