import { jest } from '@jest/globals';
import { DomainShares } from './domain-shares.js';

const CONNECTIONS = 5;

let shares: DomainShares;
let mails = 0;

beforeEach(() => {
  jest.useFakeTimers();
  shares = new DomainShares();
});
afterEach(() => {
  jest.useRealTimers();
});

/** @returns the ids of those that may go */
function begin(count: number, domain: string, connections = CONNECTIONS): string[] {
  const ids = Array.from({ length: count }, () => `mail-${(mails += 1)}`);
  return ids.filter((id) => shares.begin(id, `ada@${domain}`, connections));
}

function end(ids: readonly string[], domain: string, isAnswered = true): void {
  for (const id of ids) shares.end(id, `ada@${domain}`, isAnswered);
}

describe('G08: a domain of recipients', () => {
  it('leaves a connection to others until it is known to be quick', () => {
    const first = begin(10, 'slow.example');
    expect(first).toHaveLength(CONNECTIONS - 1);
    expect(shares.crowded(CONNECTIONS)).toEqual(['slow.example']);
    expect(begin(1, 'other.example')).toHaveLength(1);
    end(first.slice(0, 1), 'slow.example');
    expect(begin(100, 'slow.example')).toHaveLength(100);
    expect(shares.crowded(CONNECTIONS)).toEqual([]);
  });

  it('leaves it again while one of its mails takes long, and after that', () => {
    end(begin(1, 'slow.example'), 'slow.example');
    const stuck = begin(1, 'slow.example');
    jest.advanceTimersByTime(6_000);
    const more = begin(10, 'slow.example');
    expect(more).toHaveLength(CONNECTIONS - 2);
    end([...stuck, ...more], 'slow.example', false);
    expect(begin(10, 'slow.example')).toHaveLength(CONNECTIONS - 1);
  });

  it('is not known to be quick by what nobody answered', () => {
    end(begin(3, 'down.example'), 'down.example', false);
    expect(begin(10, 'down.example')).toHaveLength(CONNECTIONS - 1);
  });

  it('has the only connection where there is one', () => {
    expect(begin(3, 'slow.example', 1)).toHaveLength(1);
    expect(begin(3, 'other.example', 0)).toHaveLength(1);
  });
});
