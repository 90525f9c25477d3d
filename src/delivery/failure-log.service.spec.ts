import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FailureLog } from './failure-log.service.js';

const MINUTE = 60_000;

let lines: unknown[][];
let log: FailureLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const ignore = (): void => {};
  const warn = (...line: unknown[]): void => void lines.push(line.slice(0, 2));
  Logger.overrideLogger({ log: ignore, error: ignore, warn });
  log = new FailureLog();
});
afterEach(() => {
  log.onApplicationShutdown();
  jest.useRealTimers();
});

const tries = (n: number, rest: { account?: string; replyCode?: number } = {}): void => {
  for (let i = 1; i <= n; i += 1) {
    const facts = {
      mailId: `mail-${i}`,
      kind: 'invitation',
      account: 'environment',
      attempts: 1,
      outcome: 'deferred',
      stage: 'rcpt',
      replyCode: 450,
      enhancedCode: '4.2.0',
      ...rest,
    };
    log.tell(facts, `Later, mail ${i}`);
  }
};

describe('G14: mails that did not get through', () => {
  it('have a line each while they are few', () => {
    tries(10);
    jest.advanceTimersByTime(2 * MINUTE);
    expect(lines.map(([facts, error]) => [(facts as { mailId: string }).mailId, error])).toEqual(
      Array.from({ length: 10 }, (_, i) => [`mail-${i + 1}`, `Later, mail ${i + 1}`]),
    );
  });

  it('are counted when they are many, and begin anew a minute later', () => {
    tries(100_000);
    expect(lines).toHaveLength(10);
    jest.advanceTimersByTime(MINUTE);
    expect(lines).toHaveLength(11);
    expect(lines[10]).toEqual([
      expect.objectContaining({ mailId: 'mail-100000', replyCode: 450, more: 99_990 }),
      '99990 more mails within a minute, the last: Later, mail 100000',
    ]);
    tries(1);
    expect(lines).toHaveLength(12);
  });

  it('are counted by account and reply', () => {
    tries(11);
    tries(11, { account: 'second' });
    tries(11, { replyCode: 451 });
    expect(lines).toHaveLength(30);
    jest.advanceTimersByTime(MINUTE);
    expect(lines.slice(30).map(([, said]) => said)).toEqual(
      Array.from({ length: 3 }, () => '1 more mail within a minute, the last: Later, mail 11'),
    );
  });

  it('are summed up when the server ends', () => {
    tries(12);
    log.onApplicationShutdown();
    expect(lines).toHaveLength(11);
    jest.advanceTimersByTime(MINUTE);
    expect(lines).toHaveLength(11);
  });
});
