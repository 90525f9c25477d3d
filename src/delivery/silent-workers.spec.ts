import { SilentWorkers } from './silent-workers.js';

const one = (beats: string) => [{ id: 'one', beats }];

describe('a worker is taken for dead', () => {
  let workers: SilentWorkers;
  beforeEach(() => (workers = new SilentWorkers(30_000)));

  /** Looks every five seconds. @returns when it was found dead; undefined: never */
  const watch = (from: number, to: number, beatsAt: (now: number) => string) => {
    for (let now = from; now <= to; now += 5_000)
      if (workers.look(one(beatsAt(now)), now).length > 0) return now;
    return undefined;
  };

  it('once it has been silent for as long as we have watched it, and not before', () => {
    expect(watch(0, 100_000, () => '7')).toBe(30_000);
  });

  it('never, while it shows life, however rarely', () => {
    expect(watch(0, 600_000, (now) => String(Math.floor(now / 25_000)))).toBeUndefined();
  });

  it('by the last sign of life', () => {
    expect(watch(0, 200_000, (now) => String(Math.min(now, 50_000)))).toBe(80_000);
  });

  it('not for a time in which we could not look, for then it could not show life either', () => {
    expect(watch(0, 20_000, () => '7')).toBeUndefined();
    // The database was away for an hour.
    expect(watch(3_600_000, 3_625_000, () => '7')).toBeUndefined();
    expect(watch(3_630_000, 3_700_000, () => '7')).toBe(3_630_000);
  });

  it('anew, where it had gone and come back', () => {
    watch(0, 25_000, () => '7');
    expect(workers.look([], 30_000)).toEqual([]);
    expect(workers.look(one('7'), 35_000)).toEqual([]);
  });
});
