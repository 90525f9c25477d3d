import { SendWindow } from './send-window.js';
import { SlowStart } from './slow-start.js';

describe('after an outage', () => {
  const account = { maxConnections: 3, maxInFlight: 4 };

  it('G10: mails are let out one at first, twice as many each round, then all', () => {
    const slowStart = new SlowStart();
    expect(slowStart.most).toBe(Infinity);
    slowStart.begin();
    const rounds: number[] = [];
    while (slowStart.most < Infinity) {
      rounds.push(slowStart.most);
      for (let taken = rounds.at(-1) ?? 0; taken > 0; taken -= 1) slowStart.accepted(account);
    }
    expect(rounds).toEqual([1, 2, 4, 8]);
  });

  it('begins anew with the next one', () => {
    const slowStart = new SlowStart();
    slowStart.begin();
    slowStart.accepted(account);
    slowStart.begin();
    expect(slowStart.most).toBe(1);
  });
});

describe('the window of a connection', () => {
  it('is one at first, grows with each mail that is taken, and has an end', () => {
    const window = new SendWindow(3);
    const sizes = [window.size];
    for (let taken = 0; taken < 4; taken += 1) {
      window.grow();
      sizes.push(window.size);
    }
    expect(sizes).toEqual([1, 2, 3, 3, 3]);
  });

  it('is halved when the server asks for patience, to one at least', () => {
    const window = new SendWindow(8);
    for (let taken = 0; taken < 7; taken += 1) window.grow();
    const sizes = Array.from({ length: 4 }, () => {
      window.shrink();
      return window.size;
    });
    expect(sizes).toEqual([4, 2, 1, 1]);
  });
});
